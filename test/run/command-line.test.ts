import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lastWords, renderStart, splitNul } from '../../src/run/command-line.ts'
import { softLimitBefore } from '../../src/run/open-files.ts'

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

test('variables of any name are the job’s, and so is a limit that was lower before', () => {
  const started = (command: string[]) => {
    const environment = ['-x=1', 'no variable', '-u=2', 'PATH=/usr/bin:/bin']
    const start = { environment, setpriv: '/usr/bin/setpriv', command, softLimit: 77 }
    return execFileSync('sh', { input: renderStart(start) }).toString()
  }
  expect(started(['env'])).toBe('-x=1\n-u=2\nPATH=/usr/bin:/bin\n')
  expect(started(['sh', '-c', 'ulimit -Sn'])).toBe('77\n')
})

describe('the soft limit of open files', () => {
  const limits = (soft: number | string, hard: number | string) =>
    `Max processes             100                  100                  processes\nMax open files            ${soft}                 ${hard}               files     \n`

  test.each([
    ['is the starter’s', limits(1024, 4096), 1024],
    ['stays where the starter has no lower one', limits(4096, 4096), undefined],
    ['stays where the starter has another hard one', limits(1024, 8192), undefined],
    ['stays where the starter is not known', '', undefined],
  ])('%s', (_, starter, expected) => {
    expect(softLimitBefore(starter, limits(4096, 4096))).toBe(expected)
  })
})

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
