import { convergePlan } from '../apply/apply.ts'
import type { Machine } from '../apply/machine.ts'
import { createIdentity, enrol } from '../client/enrol.ts'
import { readToken } from '../client/join/token-file.ts'
import { type Client, openClient } from '../client/requests.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { readPem } from '../pki/check-certificate.ts'
import { parseToken } from '../pki/token.ts'
import type { Step } from '../plan/step.ts'
import type { Hub } from './hub.ts'
import {
  type Contact,
  type HubIdentity,
  identityOf,
  loadStored,
  planIdentity,
  type Stored,
} from './identity.ts'
import { loadJoined } from './joined.ts'
import { clientOf } from './own-client.ts'

/** What the server is told of the program. */
export interface Software {
  version: string
  platform: string
}

export interface Newcomer extends Software {
  /** At the first start, and when the server has moved. */
  servers: readonly string[]
  /** At the first start, and when the certificate ended. */
  token: string | undefined
  /** Instead of the token itself, which others of this host could see. */
  tokenFile: string | undefined
  stateDir: string
  log: Log
  end: AbortSignal
}

/**
 * Who this hub is; at its first start it enrols, unless `dynfarm join` did. One whose certificate ended is let in again by
 * a token and the same key.
 */
export async function becomeHub(machine: Machine, newcomer: Newcomer): Promise<HubIdentity> {
  const { stateDir } = newcomer
  const stored = await loadStored(machine, stateDir)
  const known = identityOf(stored, stateDir) ?? (await adoptJoined(machine, stateDir))
  const identity =
    known !== undefined && !isToComeBack(known, newcomer)
      ? await askAt(machine, known, newcomer)
      : await enrolHub(machine, newcomer, known ?? stored)
  if (identity.role === 'hub') return identity
  throw new DynfarmError('not-a-hub', `this host is the service "${identity.name}"`)
}

/** A hub hears where its server is from nobody but that server, so it is told here when that has moved. */
async function askAt(
  machine: Machine,
  known: HubIdentity,
  { servers, stateDir, log }: Newcomer,
): Promise<HubIdentity> {
  if (servers.length === 0 || servers.join() === known.urls.join()) return known
  const { keyFile: _, wireguardKeyFile: __, ...stored } = { ...known, urls: servers }
  await keep(machine, stateDir, stored)
  log.info(`the server is asked at ${servers.join(', ')} from now on`)
  return { ...known, urls: servers }
}

function isToComeBack(
  { certificate }: HubIdentity,
  { token, tokenFile }: Pick<Newcomer, 'token' | 'tokenFile'>,
): boolean {
  const hasToken = token !== undefined || tokenFile !== undefined
  return hasToken && readPem(certificate).expires.getTime() < Date.now()
}

async function adoptJoined(machine: Machine, stateDir: string): Promise<HubIdentity | undefined> {
  const joined = await loadJoined(machine, stateDir)
  if (joined === undefined) return undefined
  await keep(machine, stateDir, joined)
  return identityOf(joined, stateDir)
}

/** The keys are on the disk before the token is used: an answer that was lost is asked for again with the same ones. */
async function enrolHub(
  machine: Machine,
  newcomer: Newcomer,
  stored: Stored | undefined,
): Promise<HubIdentity> {
  const { stateDir, log } = newcomer
  const token = await tokenOf(machine, newcomer)
  const urls = newcomer.servers.length > 0 ? newcomer.servers : (stored?.urls ?? [])
  if (token === undefined || urls.length === 0)
    throw new DynfarmError('not-enrolled', 'this host has not enrolled as a hub yet')
  const pins = [parseToken(token).pin.toString('hex')]
  const contact = { ...(stored ?? (await createContact())), urls, pins }
  // One that comes back stays who it was until the answer is there.
  if (stored?.certificate === undefined) await keep(machine, stateDir, contact)
  const client = openClient({ urls, pins, warn: log.warn })
  const asking = { ...newcomer, machine, contact, token, signal: newcomer.end }
  return await ask(client, asking)
}

async function createContact(): Promise<Pick<Contact, 'key' | 'wireguard'>> {
  const { key, wireguard } = await createIdentity()
  return { key, wireguard }
}

/** By the certificate that the hub has still; the same again where the server finds that it will do. */
export async function renewIdentity(
  { machine, identity, state: stateDir, log }: Pick<Hub, 'machine' | 'identity' | 'state' | 'log'>,
  software: Software,
  signal: AbortSignal,
): Promise<HubIdentity> {
  const asking = { ...software, machine, stateDir, contact: identity, token: undefined, signal }
  return await ask(clientOf(identity, log), asking)
}

interface Asking extends Software {
  machine: Machine
  stateDir: string
  contact: Stored
  token: string | undefined
  signal: AbortSignal
}

async function ask(client: Client, asking: Asking): Promise<HubIdentity> {
  const { machine, stateDir, contact, token, version, platform, signal } = asking
  const { key, wireguard, centre, releaseKey } = contact
  try {
    const { hostname, machineId } = await factsOf(machine)
    const enrolment = await enrol(client, {
      ...{ kind: 'hub', version, platform, token, sshHostKeys: [], signal },
      ...{ secrets: { key, wireguard }, facts: { hostname }, identity: { machineId } },
      known: centre === undefined || releaseKey === undefined ? undefined : { centre, releaseKey },
    })
    const stored = storedOf(contact, enrolment)
    const identity = identityOf(stored, stateDir)
    if (identity === undefined) throw new DynfarmError('not-a-hub', 'the token is not one of a hub')
    if (stored.certificate !== contact.certificate) await keep(machine, stateDir, stored)
    return identity
  } finally {
    client.close()
  }
}

function storedOf(
  { urls, key, wireguard }: Contact,
  { answer, pins, centre, releaseKey }: Awaited<ReturnType<typeof enrol>>,
): Stored {
  const { host, certificate, authorities } = answer
  return {
    ...{ urls, pins, key, wireguard, ...host, centre, releaseKey, certificate },
    ...(authorities.node !== undefined && { nodeAuthority: authorities.node }),
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

async function tokenOf(
  machine: Machine,
  { token, tokenFile }: Pick<Newcomer, 'token' | 'tokenFile'>,
): Promise<string | undefined> {
  if (token !== undefined && tokenFile !== undefined)
    throw new DynfarmError('usage', '--token and --token-file do not go together')
  return tokenFile === undefined ? token?.trim() : await readToken(machine, tokenFile)
}

async function factsOf(machine: Machine): Promise<{ hostname: string; machineId: string | null }> {
  const { stdout } = await machine.run({ argv: ['uname', '-n'] })
  const file = await machine.readFile('/etc/machine-id')
  const id = Buffer.from(file?.content ?? [])
    .toString()
    .trim()
  return { hostname: stdout.trim(), machineId: id === '' ? null : id }
}
