import type { Machine } from '../apply/machine.ts'
import { findSecrets } from '../client/join/secrets.ts'
import { loadKept, nodePaths } from '../client/join/state.ts'
import type { Stored } from './identity.ts'

/** Who `dynfarm join` with the token of a hub made this host; undefined where it did not. */
export async function loadJoined(machine: Machine, state: string): Promise<Stored | undefined> {
  const paths = nodePaths(state)
  const kept = await loadKept(machine, paths)
  const { secrets } = await findSecrets(machine, paths, kept?.answer.certificate)
  const { host, certificate, authorities } = kept?.answer ?? {}
  if (secrets === undefined || kept === undefined || host === undefined) return undefined
  if (certificate === undefined || authorities?.node === undefined) return undefined
  const { servers: urls, pins, centre, releaseKey } = kept
  return {
    ...secrets,
    ...host,
    urls,
    pins,
    centre,
    releaseKey,
    certificate,
    nodeAuthority: authorities.node,
  }
}
