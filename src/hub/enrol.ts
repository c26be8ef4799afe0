import { convergePlan } from '../apply/apply.ts'
import type { Machine } from '../apply/machine.ts'
import { createIdentity, enrol } from '../client/enrol.ts'
import type { Client } from '../client/requests.ts'
import { openClient } from '../client/requests.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { parseToken } from '../pki/token.ts'
import type { Step } from '../plan/step.ts'
import { type Contact, type HubIdentity, identityOf, loadStored, planIdentity } from './identity.ts'
import { loadJoined } from './joined.ts'

export interface Newcomer {
  /** Both only at the first start: a hub that has enrolled needs neither. */
  servers: readonly string[]
  token: string | undefined
  /** Instead of the token itself, which others of this host could see. */
  tokenFile: string | undefined
  version: string
  platform: string
  stateDir: string
  log: Log
  end: AbortSignal
}

/** Who this hub is; at its first start it enrols, unless `dynfarm join` did. */
export async function becomeHub(machine: Machine, newcomer: Newcomer): Promise<HubIdentity> {
  const { stateDir } = newcomer
  const stored = await loadStored(machine, stateDir)
  const identity =
    identityOf(stored, stateDir) ??
    (await adoptJoined(machine, stateDir)) ??
    (await enrolHub(machine, newcomer, stored))
  if (identity.role === 'hub') return identity
  throw new DynfarmError('not-a-hub', `this host is the service "${identity.name}"`)
}

async function adoptJoined(machine: Machine, stateDir: string): Promise<HubIdentity | undefined> {
  const joined = await loadJoined(machine, stateDir)
  if (joined === undefined) return undefined
  await keep(machine, stateDir, joined)
  return identityOf(joined, stateDir)
}

/** Speaks as this hub. */
export function clientOf({ urls, pins, certificate, key }: HubIdentity, log: Log): Client {
  return openClient({ urls, pins, credential: { certificate, key }, warn: log.warn })
}

/** The keys are on the disk before the token is used: an answer that was lost is asked for again with the same ones. */
async function enrolHub(
  machine: Machine,
  newcomer: Newcomer,
  stored: Contact | undefined,
): Promise<HubIdentity> {
  const { stateDir, servers, log, end, version, platform } = newcomer
  const token = newcomer.token ?? (await readToken(machine, newcomer.tokenFile))
  if (token === undefined || servers.length === 0)
    throw new DynfarmError('not-enrolled', 'this host has not enrolled as a hub yet')
  const pins = [parseToken(token).pin.toString('hex')]
  const secrets = stored ?? (await createIdentity())
  const contact = { urls: servers, pins, key: secrets.key, wireguard: secrets.wireguard }
  await keep(machine, stateDir, contact)
  const client = openClient({ urls: servers, pins, warn: log.warn })
  try {
    const { hostname, machineId } = await factsOf(machine)
    const { answer, centre, releaseKey, ...enrolment } = await enrol(client, {
      ...{ kind: 'machine', version, platform, secrets, token, sshHostKeys: [], signal: end },
      ...{ facts: { hostname }, identity: { machineId } },
    })
    const { host, certificate, authorities } = answer
    if (host === undefined || authorities.node === undefined)
      throw new DynfarmError('not-a-hub', 'the token is not one of a hub')
    const { id, role, name } = host
    const whole = { ...contact, pins: enrolment.pins, id, role, name, centre, releaseKey }
    const complete = { ...whole, certificate, nodeAuthority: authorities.node }
    await keep(machine, stateDir, complete)
    const identity = identityOf(complete, stateDir)
    if (identity === undefined) throw new Error('an identity that was just made is not whole')
    return identity
  } finally {
    client.close()
  }
}

async function keep(machine: Machine, state: string, stored: Contact): Promise<void> {
  const folder: Step = {
    ...{ kind: 'command', reason: 'folder of who this host is' },
    argv: ['install', '-d', '-m', '0700', `${state}/host`],
  }
  const { failure } = await convergePlan([folder, ...planIdentity(stored, state)], { machine })
  if (failure !== undefined) throw failure
}

async function readToken(machine: Machine, path: string | undefined): Promise<string | undefined> {
  const file = path === undefined ? undefined : await machine.readFile(path)
  return file === undefined ? undefined : Buffer.from(file.content).toString().trim()
}

async function factsOf(machine: Machine): Promise<{ hostname: string; machineId: string | null }> {
  const { stdout } = await machine.run({ argv: ['uname', '-n'] })
  const file = await machine.readFile('/etc/machine-id')
  const id = Buffer.from(file?.content ?? [])
    .toString()
    .trim()
  return { hostname: stdout.trim(), machineId: id === '' ? null : id }
}
