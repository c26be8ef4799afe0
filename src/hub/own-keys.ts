import { convergePlan } from '../apply/apply.ts'
import type { Machine } from '../apply/machine.ts'
import { createIdentity } from '../client/enrol.ts'
import { findKeys, planMending } from '../client/join/secrets.ts'
import type { Log } from '../log.ts'
import { isKeyOf } from '../pki/own-key.ts'
import type { Step } from '../plan/step.ts'
import {
  type Contact,
  type HubIdentity,
  identityLost,
  identityPaths,
  planIdentity,
} from './identity.ts'

/** What was made on one machine, and lies on another: a copy, or a hub that has moved. */
export function isElsewhere(
  { machine }: Pick<HubIdentity, 'machine'>,
  here: string | null,
): boolean {
  return machine !== undefined && here !== null && machine !== here
}

export function twoMachines({ name }: HubIdentity): string {
  return (
    `the identity of hub "${name}" was made on another machine. Where that one still runs there are two of one name, which ` +
    `get in each other's way: end one of them. Where "${name}" has moved here, start it once with --token-file FILE, in ` +
    `which there is a new token ("dynfarm token create --role hub --name ${name}")`
  )
}

/** From whichever file has them; each file is as it should be afterwards, because tunnels read them. */
export async function withOwnKeys(
  machine: Machine,
  { stateDir, log }: { stateDir: string; log: Log },
  identity: HubIdentity,
): Promise<HubIdentity> {
  const { certificate, key: stored, wireguard: pair } = identity
  const paths = identityPaths(stateDir)
  const known = { stored: { key: stored, wireguard: pair }, certificate }
  const { key, wireguard } = await findKeys(machine, paths, known)
  if (key === undefined || wireguard === undefined || !isKeyOf(key, certificate))
    throw identityLost(
      `"${paths.identity}" and "${paths.key}" have not the keys of "${identity.name}"`,
    )
  const own = { ...identity, key, wireguard }
  const files = planIdentity(own, stateDir)
  const isSame = key === stored && wireguard.private === pair.private
  const programs = files.filter(({ path }) => path !== paths.identity)
  const mending = isSame ? await planMending(machine, programs) : files
  if (mending.length > 0) {
    log.warn(`keys are written anew: ${mending.map(({ path }) => `"${path}"`).join(', ')}`)
    await keepFiles(machine, stateDir, mending)
  }
  return own
}

/** By the same keys the server knows a hub again that lost the rest. */
export async function keysLeft(
  machine: Machine,
  stateDir: string,
): Promise<Pick<Contact, 'key' | 'wireguard'>> {
  const nothing = { stored: undefined, certificate: undefined }
  return {
    ...(await createIdentity()),
    ...(await findKeys(machine, identityPaths(stateDir), nothing)),
  }
}

export async function keepFiles(
  machine: Machine,
  state: string,
  files: readonly Step[],
): Promise<void> {
  const folder: Step = {
    ...{ kind: 'command', reason: 'folder of who this host is' },
    argv: ['install', '-d', '-m', '0700', `${state}/host`],
  }
  const { failure } = await convergePlan([folder, ...files], { machine })
  if (failure !== undefined) throw failure
}
