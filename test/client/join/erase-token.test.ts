import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { eraseToken } from '../../../src/client/join/erase-token.ts'

/** Before and after. */
const cases: Record<string, [string, string]> = {
  'a line of its own': ['servers: [a]\ntoken: dft1\npin: b\n', 'servers: [a]\npin: b\n'],
  'comments around it': [
    '# by hand\nservers: [a]\n# from anna, for aruba\ntoken: dft1\n\n# soon\ndeadline: 1s # yes\n',
    '# by hand\nservers: [a]\n# from anna, for aruba\n\n# soon\ndeadline: 1s # yes\n',
  ],
  'a comment on its line': [
    'token: dft1 # from anna\nservers: [a]\n',
    '# from anna\nservers: [a]\n',
  ],
  'lines that end as on Windows': [
    '# by hand\r\nservers: [a]\r\n# mine\r\ntoken: dft1\r\ndeadline: 1s\r\n',
    '# by hand\r\nservers: [a]\r\n# mine\r\ndeadline: 1s\r\n',
  ],
  'the last line, without an end': ['servers: [a]\ntoken: dft1', 'servers: [a]\n'],
  'nothing but it': ['token: dft1\n', ''],
  'quotes, and blanks behind it': [
    'servers: [a]\ntoken: "dft1"  \t\npin: b\n',
    'servers: [a]\npin: b\n',
  ],
  'lines folded into one': ['token: >-\n  dft1\n# next\npin: b\n', '# next\npin: b\n'],
  'a word about its kind': ['token: !!str dft1\npin: b\n', 'pin: b\n'],
  'the key on a line of its own': ['token:\n  dft1\npin: b\n', 'pin: b\n'],
  'a mark at the beginning': ['\uFEFFservers: [a]\ntoken: dft1\n', '\uFEFFservers: [a]\n'],
  'a name that begins as it does': ['token: dft1\ntokens: b\n', 'tokens: b\n'],
}

test.each(Object.entries(cases))('a token with %s', (_, [before, after]) => {
  expect(eraseToken(before)).toBe(after)
})

test.each(['{servers: [a], token: dft1, pin: b}\n', '{token: dft1, servers: [a], pin: b}'])(
  'a token within braces: %s',
  (text) => {
    expect(eraseToken(text)).not.toContain('dft1')
    expect(parse(eraseToken(text))).toEqual({ servers: ['a'], pin: 'b' })
  },
)
