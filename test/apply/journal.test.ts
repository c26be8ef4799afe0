import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Journal } from '../../src/apply/journal.ts'
import type { Undo } from '../../src/apply/journal-line.ts'
import { testFolder } from '../fakes/folder.ts'

const undo: Undo = { kind: 'command', commands: [{ argv: ['rm', 'x'], input: { secret: 's' } }] }
const begin = (text: string) => ({ text, keep: false, undo })

function journalPath(): string {
  return join(testFolder(), 'journal.jsonl')
}

function writtenJournal(path: string): void {
  const journal = Journal.begin(path)
  journal.mark(journal.begin(begin('first')), 'done')
  journal.begin(begin('second'))
  journal.close()
}

function statesIn(path: string): string[] | undefined {
  const journal = Journal.resume(path)
  journal?.close()
  return journal?.entries.map(({ text, state }) => `${text} ${state}`)
}

describe('Journal', () => {
  test('nothing is written before the first entry, and then for the owner alone', () => {
    const path = journalPath()
    const journal = Journal.begin(path)
    expect(existsSync(path)).toBe(false)
    journal.begin(begin('first'))
    expect(statSync(path).mode & 0o777).toBe(0o600)
    journal.drop()
    expect(existsSync(path)).toBe(false)
  })

  test('the next run finds what was begun and how far it came', () => {
    const path = journalPath()
    writtenJournal(path)
    const journal = Journal.resume(path)
    expect(journal?.entries).toEqual([
      { number: 0, text: 'first', keep: false, undo, state: 'done', tries: 0 },
      { number: 1, text: 'second', keep: false, undo, state: 'begun', tries: 0 },
    ])
    expect(journal?.isFromThisBoot).toBe(true)
  })

  test('a run can be cut off at every byte of it', () => {
    const path = journalPath()
    writtenJournal(path)
    const whole = readFileSync(path)
    const seen = new Set<string>()
    for (let length = 0; length <= whole.length; length += 1) {
      writeFileSync(path, whole.subarray(0, length))
      seen.add(String(statesIn(path)))
    }
    expect([...seen]).toEqual([
      'undefined',
      '',
      'first begun',
      'first done',
      'first done,second begun',
    ])
  })

  test('a torn end is taken away before anything is added', () => {
    const path = journalPath()
    writtenJournal(path)
    appendFileSync(path, '{"type":"do')
    const journal = Journal.resume(path)
    const [first] = journal?.entries ?? []
    if (first !== undefined) journal?.mark(first, 'undone')
    journal?.close()
    expect(statesIn(path)).toEqual(['first undone', 'second begun'])
  })

  test.each([
    ['not JSON', 'rm -rf /'],
    ['no object', '[1]'],
    ['an unknown line', '{"type":"later","entry":0}'],
    [
      'an undo that is none',
      '{"type":"begin","entry":9,"text":"x","keep":true,"undo":{"kind":"command","commands":[{"argv":[]}]}}',
    ],
    [
      'a file without its content',
      '{"type":"begin","entry":9,"text":"x","keep":true,"undo":{"kind":"file","path":"/x","after":null}}',
    ],
    ['zeros', '\0\0\0\0'],
  ])('%s in the middle is named and not guessed at', (_name, line) => {
    const path = journalPath()
    writtenJournal(path)
    appendFileSync(path, `${line}\n{"type":"done","entry":1}\n`)
    expect(() => Journal.resume(path)).toThrow(
      expect.objectContaining({
        code: 'journal-corrupt',
        message: `"${path}:5" is not a line of a journal`,
      }),
    )
  })

  test('one without a header is corrupt, one of a newer format is refused', () => {
    const path = journalPath()
    writeFileSync(path, '{"type":"commit"}\n')
    expect(() => Journal.resume(path)).toThrow(expect.objectContaining({ code: 'journal-corrupt' }))
    writeFileSync(path, '{"type":"header","format":2,"what":"ever"}\n{"new":1}\n')
    expect(() => Journal.resume(path)).toThrow(
      expect.objectContaining({
        code: 'journal-newer',
        message: `"${path}:1" is a journal of format 2, newer than 1`,
      }),
    )
  })

  test('after an undo that failed only what is left of it is known', () => {
    const path = journalPath()
    writtenJournal(path)
    for (const tries of [1, 2]) {
      const journal = Journal.resume(path)
      const [first] = journal?.entries ?? []
      if (first !== undefined) journal?.markFailed(first, [0])
      expect(first).toMatchObject({ state: 'failed', left: [0], tries })
      journal?.close()
    }
  })

  test('a disk that is full is told before the Step, and a mark does not mind', () => {
    const journal = Journal.begin('/dev/full')
    expect(() => journal.begin(begin('first'))).toThrow(
      expect.objectContaining({
        code: 'state-unwritable',
        message: '"/dev/full" cannot be written: invalid argument',
      }),
    )
  })
})
