import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { entryLines, type YamlValue } from '../../src/profile/yaml-text.ts'

describe('values as YAML', () => {
  it.each<[string, YamlValue, string]>([
    ['a word', 'set', 'key: set'],
    ['a sentence', 'start the batch daemon', 'key: start the batch daemon'],
    ['an address', '10.200.1.1', 'key: 10.200.1.1'],
    ['a network', '10.200.1.0/24', 'key: 10.200.1.0/24'],
    ['an IPv6 address', '2001:db8::1', 'key: "2001:db8::1"'],
    ['a mode', '0644', 'key: "0644"'],
    ['a duration', '60s', 'key: 60s'],
    ['what looks like a boolean', 'No', 'key: "No"'],
    ['an empty text', '', 'key: ""'],
    ['a number', 5, 'key: 5'],
    ['a short list', ['tcp/9618', 'a: b', 1, true], 'key: [tcp/9618, "a: b", 1, true]'],
    ['an empty list', [], 'key: []'],
    ['an empty map', {}, 'key: {}'],
    ['a map', { a: 'b', none: undefined, c: ['d'] }, 'key:\n  a: b\n  c: [d]'],
    ['maps in a list', [{ a: 1, b: 2 }], 'key:\n  - a: 1\n    b: 2'],
    ['lines', 'one\n\n  two\n', 'key: |\n  one\n\n    two'],
    ['lines without an end', 'one\ntwo', 'key: |-\n  one\n  two'],
    ['lines with an escape', 'one\n\u001b[2Jtwo\n', 'key: "one\\n\\u001b[2Jtwo\\n"'],
    ['a turned direction of writing', 'a\u202eb', 'key: "a\\u202eb"'],
    ['a C1 control', 'a\u009bb', 'key: "a\\u009bb"'],
  ])('%s', (_, value, text) => {
    expect(entryLines('key', value).join('\n')).toBe(text)
  })

  it('reads back as what was written', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), lines)
    const { tree } = fc.letrec<{ tree: YamlValue }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.integer(),
        fc.boolean(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          tie('tree'),
          { maxKeys: 3, noNullPrototype: true },
        ),
      ),
    }))
    fc.assert(
      fc.property(tree, (value) => {
        expect(parse(`${entryLines('key', value).join('\n')}\n`)).toEqual({ key: value })
      }),
      { numRuns: 300 },
    )
  })

  it('never lets a terminal act on what it writes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const written = entryLines('key', [text, { [text]: text }]).join('')
        expect(written).not.toMatch(/[^\P{Cc}\t]|\p{Cf}|\u2028|\u2029/u)
      }),
    )
  })
})

const lines = fc
  .array(fc.constantFrom('a', ' b', '', '\t', 'c ', '# d', '- e', ': f', '---', '| g', "'", '"'), {
    maxLength: 6,
  })
  .map((all) => all.join('\n'))
