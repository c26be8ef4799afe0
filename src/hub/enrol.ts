import type { Machine } from '../apply/machine.ts'
import { enrol } from '../client/enrol.ts'
import { readToken } from '../client/join/token-file.ts'
import { type Client, openClient } from '../client/requests.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { readPem } from '../pki/check-certificate.ts'
import { isKeyOf } from '../pki/own-key.ts'
import { parseToken } from '../pki/token.ts'
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
import { isElsewhere, keepFiles, keysLeft, twoMachines, withOwnKeys } from './own-keys.ts'

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
 * Who this hub is; at its first start it enrols, unless `dynfarm join` did. One whose certificate ended, or whose files
 * are damaged, is let in again by a token and the same key.
 */
export async function becomeHub(machine: Machine, newcomer: Newcomer): Promise<HubIdentity> {
  const { stateDir, log } = newcomer
  const stored = await storedOrLost(machine, newcomer)
  const known = identityOf(stored, stateDir) ?? (await adoptJoined(machine, stateDir))
  const here = (await factsOf(machine)).machineId
  const identity =
    known !== undefined && !isToComeBack(known, newcomer, here)
      ? await askAt(machine, await withOwnKeys(machine, newcomer, known), newcomer)
      : await enrolHub(machine, newcomer, known ?? stored)
  if (isElsewhere(identity, here)) log.warn(twoMachines(identity))
  if (identity.role === 'hub') return identity
  throw new DynfarmError('not-a-hub', `this host is the service "${identity.name}"`)
}

/** Who brings a token can do without what is damaged. */
async function storedOrLost(machine: Machine, newcomer: Newcomer): Promise<Stored | undefined> {
  try {
    return await loadStored(machine, newcomer.stateDir)
  } catch (error) {
    const isDamaged = error instanceof DynfarmError && error.code === 'state-damaged'
    if (!isDamaged || !hasToken(newcomer)) throw error
    newcomer.log.warn(`${error.message}; this hub enrols anew, with the keys that are left`)
    return undefined
  }
}

type GivenToken = Pick<Newcomer, 'token' | 'tokenFile'>

function hasToken({ token, tokenFile }: GivenToken): boolean {
  return token !== undefined || tokenFile !== undefined
}

function isToComeBack(identity: HubIdentity, given: GivenToken, here: string | null): boolean {
  const { certificate, key } = identity
  const isOver = readPem(certificate).expires.getTime() < Date.now()
  return hasToken(given) && (isOver || !isKeyOf(key, certificate) || isElsewhere(identity, here))
}

/** A hub hears where its server is from nobody but that server, so it is told here when that has moved. */
async function askAt(
  machine: Machine,
  known: HubIdentity,
  { servers, stateDir, log }: Newcomer,
): Promise<HubIdentity> {
  if (servers.length === 0 || servers.join() === known.urls.join()) return known
  const moved = { ...known, urls: servers }
  await keepFiles(machine, stateDir, planIdentity(moved, stateDir))
  log.info(`the server is asked at ${servers.join(', ')} from now on`)
  return moved
}

async function adoptJoined(machine: Machine, stateDir: string): Promise<HubIdentity | undefined> {
  const joined = await loadJoined(machine, stateDir)
  if (joined === undefined) return undefined
  await keepFiles(machine, stateDir, planIdentity(joined, stateDir))
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
  const contact = { ...(stored ?? (await keysLeft(machine, stateDir))), urls, pins }
  // One that comes back stays who it was until the answer is there.
  if (stored?.certificate === undefined)
    await keepFiles(machine, stateDir, planIdentity(contact, stateDir))
  const client = openClient({ urls, pins, warn: log.warn })
  const asking = { ...newcomer, machine, contact, token, signal: newcomer.end }
  try {
    return await ask(client, asking)
  } catch (error) {
    throw error instanceof DynfarmError && error.exit === 75 ? notYet(error) : error
  }
}

function notYet({ code, message, cause, details }: DynfarmError): DynfarmError {
  const hint =
    'this hub has not enrolled, and has nothing to put in force yet: start it again, in the same way, when the server answers'
  return new DynfarmError(code, message, { hint, cause, ...(details && { details }) })
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
    const stored = storedOf(contact, enrolment, machineId)
    const identity = identityOf(stored, stateDir)
    if (identity === undefined) throw new DynfarmError('not-a-hub', 'the token is not one of a hub')
    if (stored.certificate !== contact.certificate || stored.machine !== contact.machine)
      await keepFiles(machine, stateDir, planIdentity(stored, stateDir))
    return identity
  } finally {
    client.close()
  }
}

function storedOf(
  { urls, key, wireguard }: Contact,
  { answer, pins, centre, releaseKey }: Awaited<ReturnType<typeof enrol>>,
  machine: string | null,
): Stored {
  const { host, certificate, authorities } = answer
  return {
    ...{ urls, pins, key, wireguard, ...host, centre, releaseKey, certificate },
    ...(authorities.node !== undefined && { nodeAuthority: authorities.node }),
    ...(machine !== null && { machine }),
  }
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
