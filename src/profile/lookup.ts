import type { Admin, Hub, Profile, Service, Tunnel } from './types.ts'

/** What a checked profile refers to exists: one that does not is a bug, not a problem of the profile. */

export function tunnelOf(profile: Profile, name: string): Tunnel {
  return found(profile.centre.tunnels[name], 'tunnel', name)
}

export function hubOf(profile: Profile, name: string): Hub {
  return found(profile.centre.hubs[name], 'hub', name)
}

export function serviceOf(profile: Profile, name: string): Service {
  return found(profile.centre.services[name], 'service', name)
}

export function adminOf(profile: Profile, name: string): Admin {
  return found(profile.centre.admins[name], 'admin', name)
}

export function contentOf(profile: Profile, path: string): Uint8Array {
  return found(profile.contents.get(path), 'content of', path)
}

function found<T>(value: T | undefined, kind: string, name: string): T {
  if (value === undefined) throw new Error(`the profile has no ${kind} "${name}"`)
  return value
}
