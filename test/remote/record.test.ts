import { expect, test } from 'vitest'
import { type HostClass, hostClasses } from '../../src/remote/outcome.ts'
import { exitOf, type HostRecord } from '../../src/remote/record.ts'
import { failedOf, renderSummary } from '../../src/remote/summary.ts'

let count = 0
function record(hostClass: HostClass, over: Partial<HostRecord> = {}): HostRecord {
  count += 1
  return {
    node: `a-${count}`,
    site: 'a',
    class: hostClass,
    phase: 'exit',
    started: true,
    attempts: 1,
    durations: { total: 0 },
    bytes: { stdout: 0, stderr: 0 },
    ...over,
  }
}

const rules = { interrupted: false, worst: false }

test('each class has its exit code', () => {
  expect(
    Object.fromEntries(hostClasses.map((each) => [each, exitOf([record(each)], rules)])),
  ).toEqual({
    ok: 0,
    failed: 3,
    timeout: 4,
    unreachable: 4,
    refused: 4,
    hostkey: 4,
    lost: 4,
    killed: 3,
    skipped: 4,
  })
})

test('4 wins over 3, and 130 over all', () => {
  const records = [record('lost'), record('failed', { exit: 9 }), record('ok', { exit: 0 })]
  expect(exitOf(records, rules)).toBe(4)
  expect(exitOf(records.slice(1), rules)).toBe(3)
  expect(exitOf(records, { ...rules, interrupted: true })).toBe(130)
})

test('-S gives the largest code of the commands, 255 for one that gave none', () => {
  const worst = { ...rules, worst: true }
  expect(exitOf([record('failed', { exit: 9 }), record('failed', { exit: 2 })], worst)).toBe(9)
  expect(exitOf([record('failed', { exit: 9 }), record('unreachable')], worst)).toBe(255)
  expect(exitOf([record('ok', { exit: 0 })], worst)).toBe(0)
})

test('what was not begun because of another failure counts for nothing, what is dead counts', () => {
  expect(
    exitOf([record('failed', { exit: 1 }), record('skipped', { skip: 'stopped' })], rules),
  ).toBe(3)
  expect(exitOf([record('ok'), record('skipped', { skip: 'dead' })], rules)).toBe(4)
})

test('the summary folds the nodes of each class and each reason', () => {
  count = 0
  const records = [
    record('ok'),
    record('ok'),
    record('failed', { exit: 1 }),
    record('failed', { exit: 2 }),
    record('failed', { exit: 1 }),
    record('timeout', { killed: { found: 1, left: 0, verified: true } }),
    record('timeout', { killed: { found: 3, left: 2, verified: false } }),
    record('killed', { killed: { found: 0, left: 0, verified: false } }),
    record('killed', { signal: 'SIGSEGV' }),
    record('lost', { phase: 'run', reason: 'reset' }),
  ]
  expect(renderSummary(records, 1234)).toBe(`10 nodes in 1.2 s
  2 ok: a-[1-2]
  3 failed: a-[3-5]
    exit 1: a-[3,5]
    exit 2: a-4
  2 timeout: a-[6-7]
    1 process ended: a-6
    2 of 3 processes could not be ended: a-7
  1 lost: a-10
    run: reset: a-10
  2 killed: a-[8-9]
    SIGSEGV: a-9
    told to end, without an answer: a-8`)
  expect(failedOf(records)).toBe('a-[3-10]\n')
  expect(failedOf(records.slice(0, 2))).toBe('')
})
