import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastWords, renderStart, splitNul } from '../../src/run/command-line.ts'

const nul = (...words: string[]) => Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1')

describe('a command line', () => {
  test('ends with the words of the job, empty ones and odd bytes included', () => {
    const line = nul('node', 'dynfarm.ts', 'run', '--', 'a b', '', '\xff\x81', '')
    expect(lastWords(line, 4)).toEqual(['a b', '', '\xff\x81', ''])
  })

  test('that is shorter than what was read of it is a bug', () => {
    expect(() => lastWords(nul('a'), 2)).toThrow('shorter')
  })

  test('of nothing has no word', () => {
    expect(splitNul(Buffer.alloc(0))).toEqual([])
  })
})

test('what a shell is told arrives byte for byte', () => {
  const word = fc
    .uint8Array({ maxLength: 40 })
    .map((bytes) => latin1(bytes.map((byte) => byte || 1)))
  const show = ['sh', '-c', 'printf %s "$V" "$@" | od -An -v -tx1', 'sh']
  fc.assert(
    fc.property(word, fc.array(word, { maxLength: 4 }), (value, words) => {
      const line = renderStart({
        environment: ['PATH=/usr/bin:/bin', `V=${value}`],
        setpriv: '/usr/bin/setpriv',
        command: [...show, ...words],
      })
      const output = execFileSync('sh', { input: line }).toString().replace(/\s/g, '')
      expect(output).toBe(Buffer.from([value, ...words].join(''), 'latin1').toString('hex'))
    }),
    { numRuns: 40 },
  )
})

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
