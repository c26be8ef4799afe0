import { expect, test } from 'vitest'
import { makePowerMachine } from './machine.ts'

const failures = 5
/** The machine is emulated, and what else runs here makes it slower still. */
const bootMs = 300_000

test(`a server whose power failed ${failures} times under load has every join that it told of`, {
  timeout: (failures + 1) * bootMs,
}, async () => {
  const machine = await makePowerMachine('full')
  const joined = new Map<string, number>()
  for (let failure = 0; failure < failures; failure++) {
    const told = await machine.load(3 + Math.floor(Math.random() * 10))
    expect(missing(joined, told.known)).toEqual([])
    for (const [id, slot] of told.joined) joined.set(id, slot)
  }
  const { known, used, text } = await machine.check()
  expect(missing(joined, known)).toEqual([])
  expect(new Set(known.values()).size).toBe(known.size)
  expect(used).toBe(known.size)
  expect(text).toContain('audit whole\n')
})

test('a server that does not sync loses joins by the same failure, so that it would be seen', {
  timeout: 2 * bootMs,
}, async () => {
  const machine = await makePowerMachine('off')
  const { joined } = await machine.load(5)
  const { known } = await machine.check()
  expect(missing(joined, known)).not.toEqual([])
})

/** Joins that were told outside and are not there, or not in their slots. */
function missing(
  joined: ReadonlyMap<string, number>,
  known: ReadonlyMap<string, number>,
): string[] {
  return [...joined].filter(([id, slot]) => known.get(id) !== slot).map(([id]) => id)
}
