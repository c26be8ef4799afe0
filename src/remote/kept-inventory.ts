import { join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { readIfThere } from './files/small.ts'
import { type LoadInventory, parseInventory } from './inventory.ts'
import type { World } from './world.ts'

/** The copy of the last contact with the server; its age is told. */
export function keptInventory(
  { stateDir, log }: World,
  now: () => number = Date.now,
): LoadInventory {
  const path = join(stateDir, 'remote', 'inventory.json')
  return async () => {
    const text = await readIfThere(path)
    if (text === undefined)
      throw new DynfarmError('inventory-missing', `there is no inventory "${path}"`)
    const inventory = parseInventory(text, path)
    log.info(`the nodes as they were known ${renderAge(now() - inventory.takenAt)}`)
    return inventory
  }
}

export function renderAge(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ] as const
  const [size, unit] = units.find(([least]) => ms >= 2 * least) ?? [1000, 's']
  return ms < 1000 ? 'just now' : `${Math.floor(ms / size)} ${unit} ago`
}
