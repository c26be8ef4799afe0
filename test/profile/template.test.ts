import { describe, expect, it } from 'vitest'
import { factValue, renderTemplate } from '../../src/profile/template.ts'

const values = (name: string) => ({ 'node.name': 'aruba-1', 'node.class': '', '': 'never' })[name]

describe('a template', () => {
  it.each([
    ['', ''],
    ['nothing to fill in', 'nothing to fill in'],
    ['{{node.name}}', 'aruba-1'],
    ['{{ node.name }}', 'aruba-1'],
    ['a{{node.name}}b{{node.name}}c', 'aaruba-1baruba-1c'],
    ['[{{node.class}}]', '[]'],
    ['${NODE} $1 {node.name} }} %', '${NODE} $1 {node.name} }} %'],
    ['{{node.name}}}', 'aruba-1}'],
    ['line\n{{node.name}}\n', 'line\naruba-1\n'],
  ])('%j becomes %j', (text, rendered) => {
    expect(renderTemplate(text, values)).toBe(rendered)
  })

  it.each(['{{nod.name}}', '{{node.name', '{{}}', '{{ }}x', '{{node.name}} {{', '{{{node.name}}}'])(
    '%j is refused',
    (text) => {
      const strict = (name: string) => (name === '' ? undefined : values(name))
      expect(() => renderTemplate(text, strict)).toThrow('the template has an unknown name: {{')
    },
  )

  it('is filled in once: a value that looks like a template stays as it is', () => {
    expect(renderTemplate('{{node.name}}', () => '{{node.name}}')).toBe('{{node.name}}')
  })
})

describe('a fact', () => {
  it.each([
    'wn-12.example.org',
    'ami-0abc',
    '6.1.0-18-amd64',
    'projects/x/images/y',
    'a@b',
    '',
    '2001:db8::1',
  ])('%j is taken', (value) => {
    expect(factValue('fact.hostname', { 'fact.hostname': value })).toBe(value)
  })

  it('that the machine does not know is empty', () => {
    expect(factValue('fact.image', {})).toBe('')
  })

  it.each([
    ['a b', '"a b"'],
    ['$(reboot)', '"$(reboot)"'],
    ["'", '"\'"'],
    ['x\nroot::0:0', '"x\\nroot::0:0"'],
    ['\u001b[2J', '"\\u001b[2J"'],
    ['\u202egnp', '"?gnp"'],
    ['x'.repeat(256), `"${'x'.repeat(60)}"`],
  ])('%j is refused', (value, shown) => {
    const refused = expect(() => factValue('fact.hostname', { 'fact.hostname': value }))
    refused.toThrow(`a template needs "fact.hostname", and it is ${shown}`)
  })
})
