import { convergePlan } from '../apply/apply.ts'
import { type Lock, lockState } from '../apply/lock.ts'
import type { Machine } from '../apply/machine.ts'
import { realMachine } from '../apply/real-machine.ts'
import { findKept, nodePaths } from '../client/join/state.ts'
import { observeTools } from '../client/observe-tools.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { nothing } from '../net/network.ts'
import { planNetwork } from '../net/plan-network.ts'
import { planNoForwarding } from '../net/settings.ts'
import { renderStep } from '../plan/render.ts'
import type { Step } from '../plan/step.ts'
import { closedUplinks, followClosed } from './closed.ts'
import { identityPaths, nameOfHub } from './identity.ts'
import { loadKnown, loadSeats, memoryPaths } from './memory.ts'
import { uplinksOf } from './network/routing.ts'
import { requireRoot } from './resident.ts'
import { type Observed, observeHost } from './round.ts'
import { planRemovals } from './tunnels/converge.ts'
import { runFolder } from './tunnels/wanted.ts'
import { observeWays } from './ways.ts'

export interface RetireOptions {
  stateDir: string
  log: Log
  dryRun: boolean
}

export interface Retired {
  /** Empty where that is not known any more. */
  name: string
  changed: boolean
}

/** All that a hub has in force goes, and who it is stays. undefined: this host is no hub. */
export async function takeHubDown(options: RetireOptions): Promise<Retired | undefined> {
  return await withIdleHub(options, [])
}

/** The same, and nothing is left of who this hub was, nor of what it knew. */
export async function retireHub(options: RetireOptions): Promise<Retired | undefined> {
  const { stateDir } = options
  const argv = ['rm', '-rf', '--', `${stateDir}/host`, `${stateDir}/hub`] as const
  const reason = 'forget who this hub was, and what it knew'
  return await withIdleHub(options, [{ kind: 'command', reason, argv }])
}

/** The lock keeps a hub from starting meanwhile. */
async function withIdleHub(
  { stateDir, log, dryRun }: RetireOptions,
  planRest: readonly Step[],
): Promise<Retired | undefined> {
  requireRoot('this changes the network of this machine')
  const machine = realMachine()
  if (!(await isHubHost(machine, stateDir))) return undefined
  const name = await nameOfHub(machine, stateDir)
  const lock = lockIdle(stateDir, name)
  try {
    const steps = [...(await planNothing(machine, { stateDir, name, log })), ...planRest]
    if (dryRun) for (const step of steps) log.info(renderStep(step))
    else await act(steps, machine, log)
    return { name, changed: steps.length > 0 }
  } finally {
    lock.release()
  }
}

async function act(steps: readonly Step[], machine: Machine, log: Log): Promise<void> {
  const { failure } = await convergePlan(steps, { machine, log })
  if (failure === undefined) return
  const hint = 'nothing was undone; mend the cause and run it again, which goes on from here'
  throw new DynfarmError(failure.code, failure.message, { hint, cause: failure })
}

async function isHubHost(machine: Machine, stateDir: string): Promise<boolean> {
  const paths = [identityPaths(stateDir).identity, memoryPaths(stateDir).known]
  const files = await Promise.all(paths.map((path) => machine.readFile(path)))
  if (files.some((file) => file !== undefined)) return true
  const { kept } = await findKept(machine, nodePaths(stateDir))
  return kept?.answer.host?.role === 'hub'
}

function lockIdle(stateDir: string, name: string): Lock {
  try {
    return lockState(`${stateDir}/hub`)
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code !== 'busy') throw error
    throw new DynfarmError('hub-runs', `the hub "${name}" runs on this host, and nodes are at it`)
  }
}

interface IdleHub extends Pick<RetireOptions, 'stateDir' | 'log'> {
  name: string
}

/** First what was let through, then the tunnels, and last what kept them apart. */
async function planNothing(machine: Machine, hub: IdleHub): Promise<Step[]> {
  const observed = await observeHost({ machine })
  const { network, wireguard } = observed
  const tools = await observeTools(machine)
  const tunnels = { wanted: [], tools, wireguard }
  const removals = await planRemovals(tunnels, network.devices, machine)
  const steps = await Promise.all(removals.map((plan) => plan()))
  return [
    ...(await planClosed(machine, hub, observed)),
    ...steps.flat(),
    ...planNetwork(nothing, network).steps,
    ...(await planNoFolder(machine)),
  ]
}

/** What forwards by this hub alone forwards no longer: the firewall that kept others out goes, too. */
async function planClosed(
  machine: Machine,
  { stateDir, name: hub, log }: IdleHub,
  { network, boot }: Observed,
): Promise<Step[]> {
  const { config, before } = await recall(machine, stateDir).catch((error: unknown) => {
    if (!(error instanceof DynfarmError) || error.code !== 'state-damaged') throw error
    log.warn(
      `${error.message}; which devices forward by this hub alone is not known: see to "net.ipv4.conf.*.forwarding"`,
    )
    return { config: undefined, before: undefined }
  })
  if (config === undefined || before?.boot !== boot) return []
  const uplinks = uplinksOf({ hub, config, ways: await observeWays(machine, { hub, config }) })
  const closed = closedUplinks(followClosed(before, network, boot), uplinks)
  return planNoForwarding({ ...closed, uplinks }, network)
}

async function recall(machine: Machine, stateDir: string) {
  const { config } = (await loadKnown(machine, stateDir)).known
  const { closed: before } = await loadSeats(machine, stateDir)
  return { config, before }
}

async function planNoFolder(machine: Machine): Promise<Step[]> {
  const { code } = await machine.run({ argv: ['test', '-d', runFolder] })
  if (code !== 0) return []
  const argv = ['rmdir', '--ignore-fail-on-non-empty', runFolder] as const
  return [{ kind: 'command', reason: 'folder of the tunnels', argv }]
}
