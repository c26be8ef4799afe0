import type { FileWanted } from '../wanted.ts'
import type { OwnerIds } from './observed-files.ts'

interface OwnerNames {
  user: string
  group: string
}

export function ownerNames({ owner = '' }: FileWanted): OwnerNames {
  const [user = '', group = ''] = owner.split(':')
  return { user, group }
}

/** A number, or undefined for a part that is not given. */
export function idOf(name: string, ids: ReadonlyMap<string, number>): number | undefined {
  return isNumber(name) ? Number(name) : ids.get(name)
}

/** The names that the machine must know. */
export function namesToLookUp(files: readonly FileWanted[]): Record<keyof OwnerIds, string[]> {
  const names = files.map(ownerNames)
  const all = (part: keyof OwnerNames) => [
    ...new Set(names.map((each) => each[part]).filter((name) => name !== '' && !isNumber(name))),
  ]
  return { users: all('user'), groups: all('group') }
}

function isNumber(name: string): boolean {
  return /^\d+$/.test(name)
}
