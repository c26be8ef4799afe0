import { createHash } from 'node:crypto'
import type { Profile } from '../../profile/types.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import type { Keys } from '../keys.ts'
import { type HostName, hostConfig } from './host-config.ts'

export interface CurrentConfig {
  readonly config: CentreConfig
  /** By which a host says which one it has. */
  readonly hash: string
}

/** Profiles are never changed, so each host's part of one is made once. */
const made = new WeakMap<Profile, Map<string, CurrentConfig>>()

export function currentConfig(profile: Profile, keys: Keys, host: HostName): CurrentConfig {
  const ofProfile = made.get(profile) ?? new Map<string, CurrentConfig>()
  made.set(profile, ofProfile)
  const name = `${host.role} ${host.name}`
  const current = ofProfile.get(name) ?? withHash(hostConfig(profile, keys, host))
  ofProfile.set(name, current)
  return current
}

function withHash(config: CentreConfig): CurrentConfig {
  return { config, hash: createHash('sha256').update(JSON.stringify(config)).digest('hex') }
}
