import { expect, it } from 'vitest'
import { knownTemplateNames, placeholders } from '../../src/profile/template-names.ts'

it.each([
  ['{{node.name}}', ['node.name@0']],
  ['a {{ node.name }} b {{x}}', ['node.name@2', 'x@20']],
  ['{{a}}{{b}}', ['a@0', 'b@5']],
  ['{ {a} } ${b} $b', []],
  ['{{', ['undefined@0']],
  ['{{a\n}}', ['undefined@0']],
  ['{{a {{b}}', ['undefined@0', 'b@4']],
  ['{{{a}}}', ['undefined@0']],
  ['{{}}', ['@0']],
])('%j', (text, expected) => {
  expect(placeholders(text).map(({ name, index }) => `${name}@${index}`)).toEqual(expected)
})

it('knows two names of every service', () => {
  const names = knownTemplateNames(['ce'])
  expect(names).toContain('node.fqdn')
  expect(names).toContain('fact.hostname')
  expect(names.filter((name) => name.startsWith('service.'))).toEqual([
    'service.ce.address',
    'service.ce.name',
  ])
})
