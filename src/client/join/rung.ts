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
import { refuseElsewhere } from './elsewhere.ts'
import { sayHello } from './hello.ts'
import { probeMtu } from './mtu.ts'
import { nodeNetwork } from './network.ts'
import { planAwake, planTunnel } from './plan-tunnel.ts'
import { innerOf, type RungEnd, reachOf } from './reach.ts'
import type { Standing } from './state.ts'
import { takeDown } from './take-down.ts'
import { dialled, type Setting, type Tunnel, tunnelOf } from './tunnel.ts'

export interface Rung extends Setting {
  machine: Machine
  run: Run
  /** As it is, where that is known. */
  network?: ObservedNetwork | undefined
  /** Of the first hello. */
  count: number
  say(message: string): void
}

/** The first while a rung is judged, the last with the size of its packets. */
export const hellosARung = 2

/** All of it or nothing: what is done is undone when the hub does not answer in time. */
export async function tryRung(rung: Rung, asked: RungEnd): Promise<Standing> {
  const { machine, run, tools } = rung
  const [end, network] = await Promise.all([
    reachable(machine, asked),
    rung.network ?? observeNetwork(machine),
  ])
  const tunnel = tunnelOf(end, TUNNEL_MTU, rung)
  const to = { device: tunnel.device.name, address: hubAddress(rung, end) }
  const steps = await planWhole(rung, tunnel, network)
  const isHeard = await whileGreeting(rung, { name: end.name, address: to.address }, () =>
    run.apply([...steps, judge(rung, tunnel, end)]),
  )
  await refuseElsewhere(machine, to.device, reachOf(rung.answer))
  try {
    const [mtu, awake] = await Promise.all([
      settleMtu(rung, end, to),
      planAwake(machine, tools, { ...to, rejoin: rung.rejoin }),
    ])
    await run.apply(awake)
    if (!isHeard || mtu !== TUNNEL_MTU)
      await greet(rung, { name: end.name, mtu, address: to.address })
    return { rung: end.name, mtu }
  } catch (error) {
    await takeDown({ machine, run, tools }, { closed: reachOf(rung.answer) })
    throw error
  }
}

/** A tunnel, its network, and what keeps it awake. */
export async function planRung(
  setting: Setting & { machine: Machine },
  tunnel: Tunnel,
  { end, observed }: { end: RungEnd; observed: ObservedNetwork },
): Promise<Step[]> {
  const { rejoin } = setting
  const to = { device: tunnel.device.name, address: hubAddress(setting, end), rejoin }
  const [whole, awake] = await Promise.all([
    planWhole(setting, tunnel, observed),
    planAwake(setting.machine, setting.tools, to),
  ])
  return [...whole, ...awake]
}

/** The one question that counts: does the hub answer through this very device? */
export function judge(setting: Setting, { device }: Tunnel, end: RungEnd): CommandStep {
  const tryMs = parseDuration(setting.answer.site?.try ?? '') ?? TRY_MS
  const seconds = Math.max(1, Math.ceil(tryMs / 1000))
  const way = ['-I', device.name, hubAddress(setting, end)]
  return {
    ...{ kind: 'command', reason: `until the hub answers, for ${seconds} s at most` },
    argv: ['ping', '-n', '-q', '-i', '0.02', '-c', '1', '-w', String(seconds), ...way],
    timeoutMs: (seconds + 5) * 1000,
  }
}

const TRY_MS = 10_000

/** With the addresses that this machine has a way to. */
export async function reachable(machine: Machine, end: RungEnd): Promise<RungEnd> {
  const has = new Set<string>()
  for (const address of end.addresses) {
    const { code } = await tryCommand(machine, ['ip', 'route', 'get', address])
    if (code === 0) has.add(address)
  }
  return dialled(end, (address) => has.has(address))
}

async function planWhole(
  setting: Setting & { machine: Machine },
  tunnel: Tunnel,
  observed: ObservedNetwork,
): Promise<Step[]> {
  const wanted = nodeNetwork(reachOf(setting.answer), tunnel.device)
  return await planTunnel(setting.machine, tunnel, { wanted, observed })
}

async function settleMtu(
  rung: Rung,
  end: RungEnd,
  { device, address }: { device: string; address: string },
): Promise<number> {
  const { machine, run } = rung
  const hasIPv6 = rung.answer.node.addresses.some((own) => familyOf(own) === 'ipv6')
  const least = hasIPv6 ? SMALLEST_IPV6_MTU : SMALLEST_MTU
  const carriesWithin = (seconds: string) => async (bytes: number) => {
    const payload = bytes - headersOf(address)
    const look = ['-n', '-q', '-i', '0.3', '-c', '1', '-w', seconds, '-M', 'do', '-s', `${payload}`]
    return (await tryCommand(machine, ['ping', ...look, '-I', device, address])).code === 0
  }
  const range = { least, most: TUNNEL_MTU }
  // Where not even the least comes in a second, the way may be a long one.
  const mtu =
    (await probeMtu(carriesWithin('1'), range)) ?? (await probeMtu(carriesWithin('4'), range))
  if (mtu === undefined)
    throw new DynfarmError('no-rung', `packets of ${least} bytes do not come through`)
  // It was made for the largest.
  if (mtu === TUNNEL_MTU) return mtu
  const tunnel = tunnelOf(end, mtu, rung)
  await run.apply(await planWhole(rung, tunnel, await observeNetwork(machine)))
  return mtu
}

const SMALLEST_MTU = 576

/** Of the packet and of ICMP in it. */
function headersOf(address: string): number {
  return familyOf(address) === 'ipv4' ? 28 : 48
}

interface Greeted {
  name: string
  address: string
}

/**
 * A hub sends what is for this node where it was last, so the answer that a rung is judged by comes only after the
 * hub has heard of it. True when the hub answered that, too.
 */
async function whileGreeting(
  { answer, count }: Rung,
  { name, address }: Greeted,
  act: () => Promise<void>,
): Promise<boolean> {
  const end = new AbortController()
  const hello = { count, rung: name, mtu: TUNNEL_MTU }
  const greeting = sayHello(hello, { from: ownAddress(answer, address), to: address }, end.signal)
  try {
    await act()
  } finally {
    end.abort()
  }
  return await greeting
}

/** A hub that does not listen yet finds the node by its other packets, only later. */
async function greet(
  { answer, count, say }: Rung,
  { name, mtu, address }: Greeted & { mtu: number },
): Promise<void> {
  const hello = { count: count + hellosARung - 1, rung: name, mtu }
  const ends = { from: ownAddress(answer, address), to: address }
  const isHeard = await sayHello(hello, ends, AbortSignal.timeout(GREETING_MS))
  if (!isHeard) say(`the hub did not answer the hello of rung "${name}"`)
}

const GREETING_MS = 3000

/** Of the family of the hub's, which innerOf gives only where there is one. */
function ownAddress({ node }: Rung['answer'], hub: string): string {
  return node.addresses.find((own) => familyOf(own) === familyOf(hub)) ?? ''
}

function hubAddress({ answer }: Setting, { hub, name }: RungEnd): string {
  const [address] = innerOf(answer, hub, answer.node.addresses)
  if (address !== undefined) return address
  throw new DynfarmError('answer-refused', `hub "${hub}" of rung "${name}" has no inner address`)
}
