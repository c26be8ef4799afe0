import { canonicalAddress } from '../../address.ts'
import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { tunnelPaths } from '../../vpn/names.ts'
import { observeNetwork } from '../observe-network.ts'
import { refuseElsewhere } from './elsewhere.ts'
import { type Ear, overhear } from './overhear.ts'
import { type RungEnd, reachOf } from './reach.ts'
import { hellosARung, judge, planRung, type Rung, reachable, tryRung } from './rung.ts'
import type { Standing } from './state.ts'
import { takeDown } from './take-down.ts'
import { runFolder, type Tunnel, tunnelOf } from './tunnel.ts'

export interface Climb extends Rung {
  /** What the last join left standing. */
  standing: Standing | undefined
  /** As it was found, if it still is so: nothing was changed before the climb. */
  network?: ObservedNetwork
  /** There is nothing to take down. */
  isBare?: boolean
}

export interface Climbed extends Standing {
  /** The rungs before it, and why each did not do. */
  earlier: FailedRung[]
  /** Whether anything had to be done. */
  changed: boolean
  /** Of the last hello. */
  count: number
}

export interface FailedRung {
  rung: string
  why: string
}

/** Ends with one rung that carries traffic; of the others nothing is left. */
export async function climb(climb: Climb): Promise<Climbed> {
  const kept = await keepStanding(climb)
  if (kept !== undefined) return { ...kept, earlier: [], count: climb.count }
  const { network, ...rung } = climb
  // The first rung closes the way to the centre itself.
  const bare = climb.isBare === true ? network : undefined
  const untouched = climb.standing === undefined ? network : undefined
  if (bare === undefined)
    await takeDown({ ...rung, network: untouched }, { closed: reachOf(climb.answer) })
  const earlier: FailedRung[] = []
  for (const [at, end] of climb.answer.rungs.flat().entries()) {
    const count = climb.count + hellosARung * at
    const ear =
      end.kind === 'openvpn' ? overhear(tunnelPaths(runFolder, end.name).management) : deaf
    try {
      const standing = await tryRung({ ...rung, count, network: at === 0 ? bare : undefined }, end)
      return { ...standing, earlier, changed: true, count: count + hellosARung - 1 }
    } catch (error) {
      if (!isOfTheRung(error)) throw error
      const why = [whyOf(error), ...ear.close().map((text) => `OpenVPN says "${text}"`)].join('; ')
      earlier.push({ rung: end.name, why })
      climb.say(`rung "${end.name}" does not do: ${why}`)
    } finally {
      ear.close()
    }
  }
  throw noRung(earlier)
}

const deaf: Ear = { close: () => [] }

/** The tunnel that runs already is left alone where it does what it should. */
async function keepStanding(climb: Climb): Promise<(Standing & { changed: boolean }) | undefined> {
  const { machine, run, standing } = climb
  const asked = climb.answer.rungs.flat().find(({ name }) => name === standing?.rung)
  if (standing === undefined || asked === undefined) return undefined
  if (!(await isOfKind(machine, asked))) return undefined
  try {
    const end = await reachable(machine, asked)
    const tunnel = tunnelOf(end, standing.mtu, climb)
    const observed = climb.network ?? (await observeNetwork(machine))
    if (!observed.devices.some(({ name }) => name === tunnel.device.name)) return undefined
    if (tunnel.kind === 'openvpn' && !hasAddresses(observed, tunnel, climb)) return undefined
    const steps = await planRung(climb, tunnel, { end, observed })
    await run.apply([...steps, judge(climb, tunnel, end)])
    await refuseElsewhere(machine, tunnel.device.name, reachOf(climb.answer))
    return { ...standing, changed: steps.length > 0 }
  } catch (error) {
    if (!isOfTheRung(error)) throw error
    climb.say(`rung "${asked.name}" does no longer: ${whyOf(error)}`)
    return undefined
  }
}

/** What stands by that name may be from when the tunnel was of the other kind; only OpenVPN has a configuration here. */
async function isOfKind(machine: Machine, { name, kind }: RungEnd): Promise<boolean> {
  const { config } = tunnelPaths(runFolder, name)
  return ((await machine.readFile(config)) !== undefined) === (kind === 'openvpn')
}

/** Of an OpenVPN session the hub takes no address but those that it had when it began. */
function hasAddresses(
  { addresses }: ObservedNetwork,
  { device }: Tunnel,
  { answer }: Climb,
): boolean {
  const own = addresses.flatMap(({ dev, address }) =>
    dev === device.name ? [canonicalAddress(address.replace(/\/.*$/, ''))] : [],
  )
  return answer.node.addresses.every((address) => own.includes(canonicalAddress(address)))
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
