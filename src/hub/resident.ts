import { setTimeout as sleep } from 'node:timers/promises'
import { lockState } from '../apply/lock.ts'
import type { Machine } from '../apply/machine.ts'
import { realMachine } from '../apply/real-machine.ts'
import { type Watch, watchFolder } from '../apply/watch.ts'
import { observeTools, type Tools, withoutRoot } from '../client/observe-tools.ts'
import { observeWireguard } from '../client/observe-tunnel.ts'
import { DynfarmError } from '../errors.ts'
import { Announcer } from './announcer.ts'
import { becomeHub, type Newcomer, renewIdentity, type Software } from './enrol.ts'
import { FlowLog } from './flow-log/flow-log.ts'
import { follow } from './follower.ts'
import { listenForHellos } from './hello.ts'
import { Hub, type HubOptions } from './hub.ts'
import { watchKernel } from './kernel-watch.ts'
import { LinkWatch } from './link-watch.ts'
import { loadKnown, loadSeats, memoryPaths } from './memory.ts'
import type { HubState } from './network/state.ts'
import { lastingClient } from './own-client.ts'
import { keepRenewed } from './renewal.ts'
import { report } from './reporter.ts'
import { isServiceHost, runService } from './service/resident.ts'
import { openSocksEnd } from './socks/listener.ts'
import { Witness } from './witness.ts'
import { Worker } from './worker.ts'

/** Runs until `end`. Whatever it made goes on without it, and is found again by the next one. */
export async function runHub(options: Newcomer): Promise<void> {
  const { stateDir, log } = options
  requireRoot()
  const machine = realMachine()
  const lock = lockState(`${stateDir}/hub`)
  try {
    if (await isServiceHost(machine, stateDir)) return await runService(machine, options)
    const identity = await becomeHub(machine, options)
    const hub = await openHub(machine, { stateDir, log, identity })
    await reside(hub, options)
  } finally {
    lock.release()
  }
}

export function requireRoot(what = 'a hub changes the network of its host'): void {
  if (process.geteuid?.() !== 0) throw new DynfarmError('needs-root', what)
}

export async function openHub(
  machine: Machine,
  {
    stateDir: state,
    log,
    identity,
    uplink,
  }: Pick<Newcomer, 'stateDir' | 'log'> & Pick<HubOptions, 'identity' | 'uplink'>,
): Promise<Hub> {
  const { requests } = memoryPaths(state)
  await machine.run({ argv: ['install', '-d', '-m', '0700', requests] })
  const { known, damage } = await loadKnown(machine, state)
  const isDamaged = damage.length > 0
  const seats = await loadSeats(machine, state)
  const hub = new Hub({ identity, state, machine, log, known, isDamaged, seats, uplink })
  if (isDamaged) {
    log.warn(`${damage.join('; ')}; it is written anew`)
    await hub.learn((all) => all)
  }
  return hub
}

export async function reside(
  hub: Hub,
  { end, ...software }: Software & { end: AbortSignal },
): Promise<void> {
  const { machine, log, identity, uplink } = hub
  // A loop that fails by a bug takes the others with it, and the supervisor starts all anew.
  const failed = new AbortController()
  const over = AbortSignal.any([end, failed.signal])
  const witness = new Witness(hub)
  const hellos = listenForHellos((heard) => witness.heardHello(heard))
  const socks = openSocksEnd(hub)
  let isReady = false
  const afterRound = (state: HubState, isWell: boolean): void => {
    witness.followOpenvpn()
    witness.endSessions()
    socks.follow()
    hellos.listenOn(innerAddresses(state))
    announcer.follow(state)
    links.state = state
    flows.state = state
    if (isWell && !isReady) void tellReady(machine)
    isReady ||= isWell
  }
  const links = new LinkWatch(hub)
  const flows = new FlowLog(hub)
  const announcer = new Announcer(hub)
  const worker = new Worker(hub, await toolsOf(hub), afterRound)
  const watches: Watch[] = [
    watchKernel(() => worker.kernelChanged()),
    watchFolder(memoryPaths(hub.state).requests, () => hub.look()),
  ]
  const clients = [lastingClient(hub), lastingClient(hub)] as const
  log.info(`hub "${identity.name}" of the centre "${identity.centre}" begins`)
  const loops = [
    worker.run(over),
    follow(hub, clients[0], over),
    report(hub, clients[1], over),
    keepRenewed(hub, (signal) => renewIdentity(hub, software, signal), over),
    announcer.run(over),
    repeat(1000, over, () => lookAtWireguard(machine, witness)),
    repeat(15_000, over, () => links.look()),
    repeat(2000, over, () => flows.look()),
    repeat(5000, over, () => lookAtLimits(hub)),
  ]
  try {
    await Promise.all(loops)
    await hub.keepSeats()
  } finally {
    failed.abort()
    for (const watch of watches) watch.stop()
    for (const client of clients) client.close()
    witness.close()
    hellos.close()
    announcer.close()
    socks.close()
    await Promise.allSettled(loops)
    log.info(uplink === undefined ? 'ends; what is in force stays' : 'ends, and its tunnels too')
  }
}

function innerAddresses({ hub, config }: HubState): string[] {
  return [...(config.hubs.find(({ name }) => name === hub)?.inner ?? [])]
}

async function toolsOf({ machine, uplink }: Hub): Promise<Tools> {
  const tools = await observeTools(machine)
  return uplink === undefined ? tools : withoutRoot(tools)
}

async function repeat(
  everyMs: number,
  end: AbortSignal,
  act: () => Promise<number | undefined>,
): Promise<void> {
  while (!end.aborted) {
    let pause = everyMs
    try {
      pause = Math.max(everyMs, (await act()) ?? 0)
    } catch (error) {
      // What cannot be read now is read the next time; the rounds say what is the matter.
      if (!(error instanceof DynfarmError)) throw error
    }
    await sleep(pause, undefined, { signal: end }).catch(() => {})
  }
}

/** With ten thousand nodes it takes long, and is done less often: a twentieth of a processor at most. */
async function lookAtWireguard(machine: Machine, witness: Witness): Promise<number> {
  const began = performance.now()
  witness.sawWireguard(await observeWireguard(machine))
  return 20 * (performance.now() - began)
}

/** The classes of a thousand nodes are half a megabyte of text: a twentieth of a processor at most. */
async function lookAtLimits({ usage, machine }: Hub): Promise<number> {
  const began = performance.now()
  await usage.look(machine)
  return 20 * (performance.now() - began)
}

/** A unit that others wait for is ready once all that is known is in force. */
async function tellReady(machine: Machine): Promise<void> {
  const script = 'test -z "$NOTIFY_SOCKET" || exec systemd-notify --ready'
  await machine.run({ argv: ['sh', '-c', script] })
}
