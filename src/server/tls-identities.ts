import { publicKeyHash } from '../pki/public-key.ts'
import type { Profile } from '../profile/types.ts'
import type { HeldKeys } from './keys.ts'
import { makeTlsIdentity, type TlsIdentity } from './tls-identity.ts'

/** What the server shows of itself over time: each new connection gets the current one. */
export interface TlsIdentities {
  current(): TlsIdentity
  /** Of the centre's own authority, whichever is shown. */
  readonly ownPin: string
  /** Calls back when there is another. Gives the way to end it. */
  onChange(listener: (next: TlsIdentity) => void): () => void
  /** Makes the one for that configuration, which is in force as soon as what this gives is called. */
  prepare(profile: Profile): Promise<() => void>
  /** Makes a new one when it is time for that. */
  renew(profile: Profile): Promise<void>
}

interface Making {
  profile: Profile
  now(): number
}

export async function openTlsIdentities(
  keys: HeldKeys,
  { profile, now }: Making,
): Promise<TlsIdentities> {
  let current = await makeTlsIdentity(keys, profile, now())
  const listeners = new Set<(next: TlsIdentity) => void>()
  const prepare = async (next: Profile): Promise<() => void> => {
    const identity = await makeTlsIdentity(keys, next, now())
    return () => {
      current = identity
      for (const listener of listeners) listener(identity)
    }
  }
  return {
    current: () => current,
    ownPin: publicKeyHash(keys.authorities.server.certificate).toString('hex'),
    onChange: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    prepare,
    renew: async (of) => {
      if (now() < current.renewal) return
      const use = await prepare(of)
      use()
    },
  }
}
