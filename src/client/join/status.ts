import type { Machine } from '../../apply/machine.ts'
import { realMachine } from '../../apply/real-machine.ts'
import { tunnelDevice } from '../../vpn/names.ts'
import type { JoinAnswer } from '../enrol-check.ts'
import { lacksIPv6, observeNetwork } from '../observe-network.ts'
import { observeWireguard } from '../observe-tunnel.ts'
import { tryCommand } from '../reading.ts'
import { answersThrough } from './answers.ts'
import { innerOf, reachOf, withoutIPv6 } from './reach.ts'
import { requireRoot } from './root.ts'
import { findSecrets, keyLost } from './secrets.ts'
import {
  type FoundKept,
  findKept,
  type Kept,
  keptLost,
  type NodePaths,
  nodePaths,
  type Problem,
} from './state.ts'
import {
  type HubSelf,
  isHubRunning,
  type LinkStatus,
  readHubSelf,
  readLinks,
} from './status-host.ts'
import { linkProblems, routeProblems } from './status-network.ts'
import { pendingUpdate, type Update } from './update-note.ts'

export interface Status {
  role: 'node' | 'job' | 'hub' | 'service'
  name: string
  centre: string
  addresses: readonly string[]
  /** Inner addresses that this machine does without, because its kernel has no IPv6. */
  impossible: readonly string[]
  services: readonly string[]
  /** What it is on now; null when nothing stands. */
  tunnel: TunnelStatus | null
  /** Of the host of a service: its ends of the links that it has to have. */
  links: readonly LinkStatus[]
  /** Of a hub: whether "dynfarm hub" runs; null of all others. */
  runs: boolean | null
  /** What was wrong at the last join, and what of its files is damaged. */
  problems: Kept['problems']
  /** Whether the centre has a node in quarantine, as it said at the last join. */
  quarantined: boolean
  /** Why the release that the server offers does not run here. */
  update: Update | null
  state: 'ready' | 'degraded'
}

export interface TunnelStatus {
  rung: string
  device: string
  mtu: number
  /** Whether the hub's inner address answers through it. */
  answers: boolean
  /** Milliseconds since 1970; null for a tunnel that does not tell, or never had one. */
  handshake: number | null
  received: number
  sent: number
}

/** What this machine is and has; undefined when it is not joined. */
export async function readStatus(options: {
  stateDir: string
  machine?: Machine
}): Promise<Status | undefined> {
  requireRoot('what this machine has of its centre is for root alone')
  const { stateDir, machine = realMachine() } = options
  const paths = nodePaths(stateDir)
  const found = await findKept(machine, paths)
  const { kept } = found
  const { node, host } = kept?.answer ?? {}
  const self = node ?? (host?.role === 'service' ? host : undefined)
  if (kept !== undefined && self !== undefined) {
    const problems = [...kept.problems, ...(await stateProblems(machine, paths, found))]
    return await readJoined(machine, paths, { kept: { ...kept, problems }, self })
  }
  const hub = await readHubSelf(machine, stateDir)
  if (hub !== undefined) return hubStatus(hub, await isHubRunning(machine, stateDir))
  if (found.damage !== undefined) throw keptLost(found.damage)
  return undefined
}

const nothingElse = {
  ...{ addresses: [], impossible: [], services: [], tunnel: null, links: [] },
  ...{ runs: null, problems: [], quarantined: false, update: null },
}

function hubStatus(self: HubSelf, runs: boolean): Status {
  return { ...nothingElse, ...self, runs, state: runs ? 'ready' : 'degraded' }
}

/** What the next join puts right, or cannot. */
async function stateProblems(
  machine: Machine,
  paths: NodePaths,
  { kept, damage }: FoundKept,
): Promise<Problem[]> {
  const { isOwn, mending } = await findSecrets(machine, paths, kept?.answer.certificate)
  const problem = (message: string): Problem => ({ code: 'state-damaged', step: 'state', message })
  if (kept !== undefined && !isOwn) {
    const { message, hint } = keyLost(paths, kept)
    return [problem(`${message}; ${hint}`)]
  }
  const lost = mending.map(({ path }) => `"${path}" is damaged`)
  const all = [...(damage === undefined ? [] : [damage]), ...lost]
  return all.map((one) => problem(`${one}; "dynfarm join" puts that right`))
}

async function readJoined(
  machine: Machine,
  paths: NodePaths,
  { kept, self }: { kept: Kept; self: NonNullable<Kept['answer']['node' | 'host']> },
): Promise<Status> {
  const { centre, config } = kept
  const answer = await answerHere(machine, kept)
  const network = config === undefined ? undefined : await observeNetwork(machine)
  const ofHost = config !== undefined && network !== undefined ? { config, network } : undefined
  const [tunnel, links] = await Promise.all([
    readTunnel(machine, { ...kept, answer }),
    ofHost === undefined ? [] : readLinks(machine, ofHost),
  ])
  const problems = [
    ...kept.problems,
    ...(await routesAstray(machine, answer, tunnel)),
    ...(ofHost === undefined ? [] : linkProblems(ofHost)),
  ]
  const isConnected =
    answer.node === undefined ? links.every(({ answers }) => answers) : tunnel?.answers
  const quarantined = answer.node?.quarantined === true
  const isWell = problems.length === 0 && isConnected && !quarantined
  return {
    ...nothingElse,
    ...{ role: self.role, name: self.name, centre, tunnel, links, problems, quarantined },
    addresses: answer.node?.addresses ?? [],
    impossible: (kept.answer.node?.addresses ?? []).filter(
      (address) => answer.node?.addresses.includes(address) === false,
    ),
    services: answer.services.map(({ name }) => name),
    state: isWell ? 'ready' : 'degraded',
    update: await pendingUpdate(machine, paths, kept),
  }
}

async function routesAstray(
  machine: Machine,
  answer: JoinAnswer,
  tunnel: TunnelStatus | null,
): Promise<Problem[]> {
  const { node } = answer
  if (tunnel === null || node === undefined) return []
  return await routeProblems(machine, tunnel.device, reachOf({ ...answer, node }))
}

/** As join takes it. */
async function answerHere(machine: Machine, { answer }: Kept): Promise<JoinAnswer> {
  const { node } = answer
  if (node === undefined || !(await lacksIPv6(machine))) return answer
  return withoutIPv6({ ...answer, node })
}

async function readTunnel(machine: Machine, kept: Kept): Promise<TunnelStatus | null> {
  const { standing, answer } = kept
  const end = answer.rungs.flat().find(({ name }) => name === standing?.rung)
  if (standing === undefined || end === undefined) return null
  const device = tunnelDevice(end.name)
  const [received, sent] = await Promise.all([
    counterOf(machine, device, 'rx'),
    counterOf(machine, device, 'tx'),
  ])
  if (received === undefined || sent === undefined) return null
  const [address = ''] = innerOf(answer, end.hub, answer.node?.addresses ?? [])
  const [answers, handshake] = await Promise.all([
    answersThrough(machine, device, address),
    handshakeOf(machine, device),
  ])
  return { ...standing, device, answers, handshake, received, sent }
}

async function counterOf(
  machine: Machine,
  device: string,
  way: 'rx' | 'tx',
): Promise<number | undefined> {
  const path = `/sys/class/net/${device}/statistics/${way}_bytes`
  const { code, stdout } = await tryCommand(machine, ['cat', path])
  return code === 0 ? Number(stdout) : undefined
}

async function handshakeOf(machine: Machine, device: string): Promise<number | null> {
  const peers = (await observeWireguard(machine)).get(device)?.peers
  const last = Math.max(0, ...[...(peers?.values() ?? [])].map(({ handshake }) => handshake))
  return last === 0 ? null : last * 1000
}
