import { loadValid } from '../profile/load.ts'
import type { Profile } from '../profile/types.ts'
import type { Server } from './server.ts'

type CurrentProfile = Pick<Server, 'profile' | 'reload' | 'onReload'>

/** The configuration in force: replaced as a whole, and only by one without problems. */
export async function openProfile(configDir: string): Promise<CurrentProfile> {
  let current: Profile = await loadValid(configDir)
  const listeners = new Set<() => void>()
  return {
    profile: () => current,
    reload: async () => {
      current = await loadValid(configDir)
      for (const listener of listeners) listener()
    },
    onReload: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
