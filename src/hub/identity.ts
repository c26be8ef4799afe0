import type { Machine } from '../apply/machine.ts'
import type { SecretFile } from '../client/join/state.ts'
import { look } from '../client/stored.ts'
import { DynfarmError } from '../errors.ts'
import { hubIdentity } from '../protocol/schema/kept.ts'

/** Who this hub is, and whom it trusts: all that it needs to reach its server again. */
export interface HubIdentity extends Contact {
  role: 'hub' | 'service'
  name: string
  id: string
  centre: string
  /** PEM. */
  certificate: string
  /** PEM: who issues the certificates of nodes. */
  nodeAuthority: string
  releaseKey: string
  /** The id of the machine that it was made on. */
  machine?: string
  keyFile: string
  wireguardKeyFile: string
}

/** Made before the server is first spoken with, so that an answer that was lost can be asked for again. */
export interface Contact {
  urls: readonly string[]
  /** SHA-256 of the server authorities' public keys. */
  pins: readonly string[]
  key: string
  wireguard: { private: string; public: string }
}

/** Without the rest while the answer of its server is not there yet. */
export type Stored = Contact &
  Partial<Omit<HubIdentity, keyof Contact | 'keyFile' | 'wireguardKeyFile'>>

export function identityPaths(state: string) {
  return {
    identity: `${state}/host/identity.json`,
    key: `${state}/host/key.pem`,
    wireguard: `${state}/host/wireguard.key`,
  }
}

export async function loadStored(machine: Machine, state: string): Promise<Stored | undefined> {
  const path = identityPaths(state).identity
  const { value, damage } = await look(machine, path, hubIdentity)
  if (damage !== undefined) throw identityLost(damage)
  return value as Stored | undefined
}

export function identityLost(damage: string): DynfarmError {
  const hint =
    'start "dynfarm hub" once with --server URL and --token-file FILE, in which there is a new token of role hub for the ' +
    'name that it had; docs/operations.md: "A hub that lost its identity"'
  return new DynfarmError('state-damaged', damage, { hint })
}

/** For messages, and so also of one that is damaged or was never wholly there. */
export async function nameOfHub(machine: Machine, state: string): Promise<string> {
  const { value } = await look(machine, identityPaths(state).identity, hubIdentity)
  return (value as Stored | undefined)?.name ?? ''
}

/** undefined while it has not enrolled. */
export function identityOf(stored: Stored | undefined, state: string): HubIdentity | undefined {
  const { role, name, id, centre, certificate, nodeAuthority, releaseKey } = stored ?? {}
  if (stored === undefined || role === undefined || name === undefined) return undefined
  if (id === undefined || centre === undefined || certificate === undefined) return undefined
  if (nodeAuthority === undefined || releaseKey === undefined) return undefined
  const paths = identityPaths(state)
  return {
    ...{ ...stored, role, name, id, centre, certificate, nodeAuthority, releaseKey },
    ...{ keyFile: paths.key, wireguardKeyFile: paths.wireguard },
  }
}

/** The keys once more as the files that OpenVPN and wg read; nobody but root reads any of them. */
export function planIdentity(stored: Stored, state: string): SecretFile[] {
  const paths = identityPaths(state)
  const file = (path: string, secret: string): SecretFile => ({
    ...{ kind: 'file', reason: 'who this host is', path, mode: 0o600 },
    content: { secret },
  })
  return [
    file(paths.key, stored.key),
    file(paths.wireguard, `${stored.wireguard.private}\n`),
    file(paths.identity, `${JSON.stringify(lasting(stored), null, 2)}\n`),
  ]
}

/** Where the files are follows from the state folder. */
function lasting({ keyFile: _, wireguardKeyFile: __, ...stored }: Stored & Partial<HubIdentity>) {
  return stored
}
