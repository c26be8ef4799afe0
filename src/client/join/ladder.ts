import { familyOf } from '../../address.ts'
import type { Machine } from '../../apply/machine.ts'
import type { Run } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import { SMALLEST_IPV6_MTU } from '../../net/mtu.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import type { CommandStep, Step } from '../../plan/step.ts'
import { parseDuration } from '../../profile/quantity.ts'
import { observeNetwork } from '../observe-network.ts'
import { tryCommand } from '../reading.ts'
import { sayHello } from './hello.ts'
import { probeMtu } from './mtu.ts'
import { nodeNetwork } from './network.ts'
import { planAwake, planTunnel } from './plan-tunnel.ts'
import { innerOf, type RungEnd, reachOf } from './reach.ts'
import type { Standing } from './state.ts'
import { takeDown } from './take-down.ts'
import { dialled, type Setting, type Tunnel, tunnelOf } from './tunnel.ts'

export interface Climb extends Setting {
  machine: Machine
  run: Run
  /** What the last join left standing. */
  standing: Standing | undefined
  /** Of this climb's hello. */
  count: number
  say(message: string): void
}

export interface Climbed extends Standing {
  /** The rungs before it, and why each did not do. */
  earlier: FailedRung[]
  /** Whether anything had to be done. */
  changed: boolean
  /** From which the hellos counted. */
  count: number
}

/** The first while the rung is judged, the last with the size of its packets. */
const HELLOS_A_RUNG = 2

export interface FailedRung {
  rung: string
  why: string
}

/** Ends with one rung that carries traffic; of the others nothing is left. */
export async function climb(climb: Climb): Promise<Climbed> {
  const kept = await keepStanding(climb)
  if (kept !== undefined) return { ...kept, earlier: [], count: climb.count }
  await takeDown(climb, { closed: reachOf(climb.answer) })
  const earlier: FailedRung[] = []
  for (const [at, end] of climb.answer.rungs.flat().entries()) {
    const count = climb.count + HELLOS_A_RUNG * at
    try {
      return { ...(await tryRung({ ...climb, count }, end)), earlier, changed: true, count }
    } catch (error) {
      if (!isOfTheRung(error)) throw error
      const why = whyOf(error)
      earlier.push({ rung: end.name, why })
      climb.say(`rung "${end.name}" does not do: ${why}`)
    }
  }
  throw noRung(earlier)
}

/** The tunnel that runs already is left alone where it does what it should. */
async function keepStanding(climb: Climb): Promise<(Standing & { changed: boolean }) | undefined> {
  const { machine, run, standing } = climb
  const end = climb.answer.rungs.flat().find(({ name }) => name === standing?.rung)
  if (standing === undefined || end === undefined) return undefined
  try {
    const observed = await observeNetwork(machine)
    const tunnel = tunnelOf(await reachable(machine, end), standing.mtu, climb)
    if (!observed.devices.some(({ name }) => name === tunnel.device.name)) return undefined
    const steps = [
      ...(await planWhole(climb, tunnel, observed)),
      ...(await planAwake(machine, climb.tools, {
        device: tunnel.device.name,
        address: hubAddress(climb, end),
      })),
    ]
    await run.apply([...steps, judge(climb, tunnel, end)])
    return { ...standing, changed: steps.length > 0 }
  } catch (error) {
    if (!isOfTheRung(error)) throw error
    climb.say(`rung "${end.name}" does no longer: ${whyOf(error)}`)
    return undefined
  }
}

/** All of it or nothing: what is done is undone when the hub does not answer in time. */
async function tryRung(climb: Climb, asked: RungEnd): Promise<Standing> {
  const { machine, run, tools } = climb
  const end = await reachable(machine, asked)
  const tunnel = tunnelOf(end, TUNNEL_MTU, climb)
  const device = tunnel.device.name
  const address = hubAddress(climb, end)
  const steps = await planWhole(climb, tunnel, await observeNetwork(machine))
  await whileGreeting(climb, { rung: end.name, address }, () =>
    run.apply([...steps, judge(climb, tunnel, end)]),
  )
  try {
    const mtu = await settleMtu(climb, end, { device, address })
    await run.apply(await planAwake(machine, tools, { device, address }))
    await greet(climb, { rung: end.name, mtu, address })
    return { rung: end.name, mtu }
  } catch (error) {
    await takeDown(climb, { closed: reachOf(climb.answer) })
    throw error
  }
}

async function planWhole(climb: Climb, tunnel: Tunnel, observed: ObservedNetwork): Promise<Step[]> {
  const wanted = nodeNetwork(reachOf(climb.answer), tunnel.device)
  return await planTunnel(climb.machine, tunnel, { wanted, observed })
}

/** The one question that counts: does the hub answer through this very device? */
function judge(climb: Climb, { device }: Tunnel, end: RungEnd): CommandStep {
  const seconds = Math.max(
    1,
    Math.ceil((parseDuration(climb.answer.site?.try ?? '') ?? TRY_MS) / 1000),
  )
  const way = ['-I', device.name, hubAddress(climb, end)]
  return {
    ...{ kind: 'command', reason: `until the hub answers, for ${seconds} s at most` },
    argv: ['ping', '-n', '-q', '-i', '0.2', '-c', '1', '-w', String(seconds), ...way],
    timeoutMs: (seconds + 5) * 1000,
  }
}

const TRY_MS = 10_000

async function settleMtu(
  climb: Climb,
  end: RungEnd,
  { device, address }: { device: string; address: string },
): Promise<number> {
  const { machine, run } = climb
  const hasIPv6 = climb.answer.node.addresses.some((own) => familyOf(own) === 'ipv6')
  const least = hasIPv6 ? SMALLEST_IPV6_MTU : SMALLEST_MTU
  const carries = async (bytes: number) => {
    const payload = bytes - headersOf(address)
    const look = ['-n', '-q', '-i', '0.3', '-c', '1', '-w', '1', '-M', 'do', '-s', String(payload)]
    return (await tryCommand(machine, ['ping', ...look, '-I', device, address])).code === 0
  }
  const mtu = await probeMtu(carries, { least, most: TUNNEL_MTU })
  if (mtu === undefined)
    throw new DynfarmError('no-rung', `packets of ${least} bytes do not come through`)
  const tunnel = tunnelOf(end, mtu, climb)
  await run.apply(await planWhole(climb, tunnel, await observeNetwork(machine)))
  return mtu
}

const SMALLEST_MTU = 576

/** Of the packet and of ICMP in it. */
function headersOf(address: string): number {
  return familyOf(address) === 'ipv4' ? 28 : 48
}

/**
 * A hub sends what is for this node where it was last, so the answer that a rung is judged by comes only after the
 * hub has heard of it.
 */
async function whileGreeting(
  { answer, count }: Climb,
  { rung, address }: { rung: string; address: string },
  act: () => Promise<void>,
): Promise<void> {
  const end = new AbortController()
  const hello = { count, rung, mtu: TUNNEL_MTU }
  const greeting = sayHello(hello, { from: ownAddress(answer, address), to: address }, end.signal)
  try {
    await act()
  } finally {
    end.abort()
    await greeting
  }
}

/** A hub that does not listen yet finds the node by its other packets, only later. */
async function greet(
  { answer, count, say }: Climb,
  { rung, mtu, address }: { rung: string; mtu: number; address: string },
): Promise<void> {
  const hello = { count: count + HELLOS_A_RUNG - 1, rung, mtu }
  const ends = { from: ownAddress(answer, address), to: address }
  const isHeard = await sayHello(hello, ends, AbortSignal.timeout(GREETING_MS))
  if (!isHeard) say(`the hub did not answer the hello of rung "${rung}"`)
}

const GREETING_MS = 3000

/** Of the family of the hub's, which innerOf gives only where there is one. */
function ownAddress({ node }: Climb['answer'], hub: string): string {
  return node.addresses.find((own) => familyOf(own) === familyOf(hub)) ?? ''
}

function hubAddress({ answer }: Climb, { hub, name }: RungEnd): string {
  const [address] = innerOf(answer, hub, answer.node.addresses)
  if (address !== undefined) return address
  throw new DynfarmError('answer-refused', `hub "${hub}" of rung "${name}" has no inner address`)
}

async function reachable(machine: Machine, end: RungEnd): Promise<RungEnd> {
  const has = new Set<string>()
  for (const address of end.addresses) {
    const { code } = await tryCommand(machine, ['ip', 'route', 'get', address])
    if (code === 0) has.add(address)
  }
  return dialled(end, (address) => has.has(address))
}

/** What a rung can fail with, without anything being wrong with the run itself. */
function isOfTheRung(error: unknown): error is DynfarmError {
  return error instanceof DynfarmError && rungFaults.has(error.code)
}

const rungFaults: ReadonlySet<string> = new Set([
  ...['step-failed', 'program-missing', 'kernel-feature-missing', 'openvpn-too-old'],
  ...['network-blocked', 'no-rung', 'command-failed'],
])

/** The whole command line of a ping tells nobody more. */
function whyOf({ message }: DynfarmError): string {
  const [, device, address] = /^"ping .* -I (\S+) (\S+)" ended/.exec(message) ?? []
  return address === undefined ? message : `"${address}" did not answer through "${device}"`
}

function noRung(earlier: readonly FailedRung[]): DynfarmError {
  const all = earlier.map(({ rung, why }) => `rung "${rung}": ${why}`)
  const message = all.length === 0 ? 'the ladder has no rung' : 'no rung carries traffic'
  return new DynfarmError('no-rung', [message, ...all].join('\n    '), { details: { earlier } })
}
