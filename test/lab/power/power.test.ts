import { expect, test } from 'vitest'
import { onceMore } from '../vm/once-more.ts'
import { type Failed, PowerMachine } from './machine.ts'
import type { Told } from './told.ts'

/** Each failure is a boot, and each instant a copy of the disk besides; the boots take long. */
const failures = process.env['DYNFARM_LONG'] === '1' ? 5 : 1
const instants = 4
/** The machine is emulated, and what else runs here makes it slower still. */
const bootMs = 600_000

test('a server whose power fails under load has every join that it told of, one that does not sync has not', {
  timeout: (failures + 1) * bootMs,
}, async () => {
  await onceMore(prove)
})

async function prove(): Promise<void> {
  const machine = await PowerMachine.make()
  const boots: Failed[] = []
  while (boots.length < failures) boots.push(await machine.load({ joins: 10, instants }))
  const full = boots.map((boot) => boot.full)
  for (const [at, { known }] of full.entries())
    expect(missing(joinedBy(full.slice(0, at)), known)).toEqual([])

  const copies = boots.at(-1)?.instants ?? []
  const names = copies.map((_, at) => `instant${at}`)
  const [end, off, ...found] = await machine.check(['full', 'off', ...names])
  isWhole(end, joinedBy(full))
  expect(copies).toHaveLength(instants)
  for (const [at, copy] of copies.entries())
    isWhole(found[at], joinedBy([...full.slice(0, -1), copy]))
  const unsynced = joinedBy(boots.slice(-1).map((boot) => boot.off))
  expect(missing(unsynced, off?.known ?? new Map())).not.toEqual([])
}

function joinedBy(told: readonly Told[]): Map<string, number> {
  return new Map(told.flatMap(({ joined }) => [...joined]))
}

/** All that was told of is there, once, in its slot, and accounted for. */
function isWhole(told: Told | undefined, joined: ReadonlyMap<string, number>): void {
  const { known = new Map(), used, isAuditWhole } = told ?? {}
  expect(missing(joined, known)).toEqual([])
  expect(new Set(known.values()).size).toBe(known.size)
  expect({ used, isAuditWhole }).toEqual({ used: known.size, isAuditWhole: true })
}

/** Joins that were told outside and are not there, or not in their slots. */
function missing(
  joined: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, number>,
): string[] {
  return [...joined].filter(([id, slot]) => known.get(id) !== slot).map(([id]) => id)
}
