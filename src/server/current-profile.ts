import { DynfarmError } from '../errors.ts'
import { centreFile, type Profile } from '../profile/types.ts'
import type { Server } from './server.ts'

type CurrentProfile = Pick<Server, 'profile' | 'reload' | 'onReload'>

interface Reloading {
  first: Profile
  load(): Promise<Profile>
  /** Makes what goes with a new configuration; it takes force with it, by the function that this gives. */
  prepare(next: Profile): Promise<() => void>
}

/** The configuration in force: replaced as a whole, and only by one without problems. */
export function keepProfile({ first, load, prepare }: Reloading): CurrentProfile {
  let current = first
  let turn: Promise<unknown> = Promise.resolve()
  const listeners = new Set<() => void>()
  const reload = async (): Promise<void> => {
    const next = await load()
    refuseFixed(current, next)
    const use = await prepare(next)
    current = next
    use()
    for (const listener of listeners) listener()
  }
  return {
    profile: () => current,
    // One after the other, so that what was written last is what counts.
    reload: () => {
      const done = turn.then(reload)
      turn = done.catch(() => {})
      return done
    },
    onReload: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** These hold as long as the server runs. */
const fixed = ['listen', 'admin', 'database'] as const

function refuseFixed(current: Profile, next: Profile): void {
  const changed = fixed.filter((key) => current.centre.server[key] !== next.centre.server[key])
  if (changed.length === 0) return
  const problems = changed.map((key) => ({
    file: centreFile,
    ...next.source(centreFile, ['server', key]),
    where: `server/${key}`,
    what: 'takes effect only when the server is started again',
  }))
  const names = changed.map((key) => `"server/${key}"`).join(', ')
  throw new DynfarmError(
    'config-invalid',
    `${names} of ${centreFile} cannot change while the server runs`,
    { hint: 'restart the server, or take the change back', details: { problems } },
  )
}
