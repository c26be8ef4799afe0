import { setTimeout as sleep } from 'node:timers/promises'
import { type Lock, lockState } from '../apply/lock.ts'
import type { Machine } from '../apply/machine.ts'
import { realMachine } from '../apply/real-machine.ts'
import { stateUnwritable } from '../apply/state.ts'
import { isSystemError } from '../apply/system-error.ts'
import { observeTools } from '../client/observe-tools.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { identityOf, loadStored } from './identity.ts'
import type { FeedNode, Known } from './known.ts'
import { loadKnown, memoryPaths } from './memory.ts'
import { openHub, requireRoot } from './resident.ts'
import { Witness } from './witness.ts'
import { Worker } from './worker.ts'

export interface RevokeOptions {
  stateDir: string
  /** Of a hub without root, for who is not root. */
  ownState: string | undefined
  log: Log
  /** By name or id. */
  node: string
}

export interface Revoked {
  id: string
  name: string
  /** Who put it in force. */
  by: 'resident' | 'command' | 'start'
}

/** Cuts a node off at this hub, with or without a server, and with or without the resident hub. */
export async function revokeAtHub(options: RevokeOptions): Promise<Revoked> {
  const { log, node } = options
  const machine = realMachine()
  const isRoot = process.geteuid?.() === 0
  const stateDir = isRoot ? options.stateDir : (options.ownState ?? options.stateDir)
  if (!isRoot && (await loadStored(machine, stateDir)) === undefined) requireRoot()
  const { known } = await loadKnown(machine, stateDir)
  const { requests, known: list } = memoryPaths(stateDir)
  const { id, name } = findNode(known, node, list)
  await machine.run({ argv: ['install', '-d', '-m', '0700', requests] })
  await ask(machine, `${requests}/${id}`)
  const lock = tryLock(stateDir)
  const revoked = { id, name: name ?? id }
  if (lock === undefined) {
    await untilDone(machine, `${requests}/${id}`)
    return { ...revoked, by: 'resident' }
  }
  if (isRoot) {
    await applyHere(machine, { stateDir, log }, lock)
    return { ...revoked, by: 'command' }
  }
  // Without root nothing of a hub is in force while it does not run, and its first round takes this in.
  lock.release()
  return { ...revoked, by: 'start' }
}

async function ask(machine: Machine, path: string): Promise<void> {
  try {
    await machine.writeFile(path, { content: Buffer.alloc(0), mode: 0o600 })
  } catch (error) {
    throw isSystemError(error) ? stateUnwritable(path, error) : error
  }
}

function findNode({ nodes }: Known, text: string, list: string): FeedNode {
  const node = [...nodes.values()].find(({ id, name }) => name === text || id === text)
  if (node !== undefined) return node
  const hint =
    nodes.size === 0
      ? `it knows none at all: nothing of a hub is in "${list}"`
      : `those that it knows stand in "${list}", by name and id`
  throw new DynfarmError('not-found', `this hub knows no node "${text}"`, { hint })
}

function tryLock(stateDir: string): Lock | undefined {
  try {
    return lockState(`${stateDir}/hub`)
  } catch (error) {
    if (error instanceof DynfarmError && error.code === 'busy') return undefined
    throw error
  }
}

const patienceMs = 20_000

/** The resident removes the request once it is in force. */
async function untilDone(machine: Machine, path: string): Promise<void> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(50))
    if ((await machine.readFile(path)) === undefined) return
  throw new DynfarmError('hub-slow', 'the running hub has not put the revocation in force yet')
}

async function applyHere(
  machine: Machine,
  { stateDir, log }: Pick<RevokeOptions, 'stateDir' | 'log'>,
  lock: Lock,
): Promise<void> {
  const identity = identityOf(await loadStored(machine, stateDir), stateDir)
  if (identity === undefined)
    throw new DynfarmError('not-enrolled', 'this host has not enrolled as a hub yet')
  const hub = await openHub(machine, { stateDir, log, identity })
  const witness = new Witness(hub)
  try {
    witness.followOpenvpn()
    const worker = new Worker(hub, await observeTools(machine), () => witness.endSessions())
    if (!(await worker.round()))
      throw new DynfarmError('step-failed', 'the revocation is not wholly in force', {
        hint: 'it is kept: "dynfarm hub" puts it in force when it runs',
      })
    await witness.untilAsked()
  } finally {
    witness.close()
    lock.release()
  }
}
