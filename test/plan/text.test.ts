import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { renderArgv, visibleLines, visibleText } from '../../src/plan/text.ts'

describe('renderArgv', () => {
  test.each([
    [['ip', 'link', 'add', 'gre-ce', 'type', 'gre'], 'ip link add gre-ce type gre'],
    [['ip', 'addr', 'add', 'fd5a::1/128'], 'ip addr add fd5a::1/128'],
    [['sysctl', '-w', 'net.ipv4.ip_forward=1'], 'sysctl -w net.ipv4.ip_forward=1'],
    [['echo', ''], "echo ''"],
    [['echo', 'two words'], "echo 'two words'"],
    [['echo', "it's"], "echo 'it'\\''s'"],
    [['echo', '$HOME;`id`'], "echo '$HOME;`id`'"],
    [['echo', '~root', '#no', '*'], "echo '~root' '#no' '*'"],
    [['A=b', 'A=b'], "'A=b' A=b"],
    [['echo', 'a\nb\x1b[31m'], "echo $'a\\x0ab\\x1b[31m'"],
    [['echo', "it's\t\\"], "echo $'it\\'s\\x09\\\\'"],
    [['echo', 'rtl\u202e'], "echo $'rtl\\xe2\\x80\\xae'"],
    [['echo', 'Grüße'], "echo 'Grüße'"],
  ] as const)('%j', (argv, text) => {
    expect(renderArgv(argv as unknown as [string, ...string[]])).toBe(text)
  })

  test('a shell takes the text back to the same words, and nothing in it is hidden', () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'\'\\$`"\n\t\x1b\u202e~#=*?{}!&|<>()x0f') }),
    )
    const words = fc.array(
      word.map((text) => text.replaceAll('\0', '')),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(words, (list) => {
        const text = renderArgv(['printf', '%s\\0', ...list, 'end'])
        expect(text).toBe(visibleText(text))
        const printed = execFileSync('bash', ['--norc', '-c', text], { encoding: 'utf8' })
        const [...expected] = [...list, 'end'].map((item) => Buffer.from(item).toString())
        expect(printed.split('\0').slice(0, -1)).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('visible text', () => {
  test.each([
    ['plain', 'plain'],
    ['\x1b]0;x\x07', '\\x1b]0;x\\x07'],
    ['a\rb', 'a\\x0db'],
    ['a\u2028b\u200d', 'a\\u{2028}b\\u{200d}'],
    ['\ud800', '\\u{d800}'],
  ])('%j', (text, shown) => expect(visibleText(text)).toBe(shown))

  test('lines keep their tabs and lose no blank line within', () => {
    expect(visibleLines('a\n\n\tb\x00\n')).toEqual(['a', '', '\tb\\x00'])
  })
})
