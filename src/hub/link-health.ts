import type { Machine } from '../apply/machine.ts'
import type { GreLink, VxlanLink } from '../net/network.ts'
import type { Argv } from '../plan/step.ts'
import { hostileLine } from '../protocol/schema/vocabulary.ts'
import type { LinkHealth } from './health.ts'
import { linkEnds, servicesOf } from './network/links.ts'
import type { HubState } from './network/state.ts'

/** One way to a service, and how it is tried: the far end of a link answers through that link alone. */
export interface LinkProbe {
  service: string
  address: string
  device: string | undefined
  /** What has to pass on the way, for a message. */
  needs?: string
}

export function linkProbes(state: HubState): LinkProbe[] {
  const linked = linkEnds(state).flatMap(({ service, addresses, device }) =>
    addresses.map((address) => ({
      ...{ service: service.name, address, device: device.name },
      needs: needsOf(device),
    })),
  )
  const routed = servicesOf(state, 'routed').flatMap(({ name, addresses }) =>
    addresses.map((address) => ({ service: name, address, device: undefined })),
  )
  return [...linked, ...routed]
}

function needsOf(device: GreLink | VxlanLink): string {
  const what = device.kind === 'gre' ? 'protocol 47 (GRE)' : `UDP port ${device.port}`
  return `${what} between ${device.local} and ${device.remote}`
}

export function pingCommand({ address, device }: LinkProbe): Argv {
  const through = device === undefined ? [] : ['-I', device]
  return ['ping', '-n', '-q', '-c', '3', '-i', '0.3', '-W', '1', ...through, address]
}

export interface ProbeResult extends LinkProbe {
  isAnswered: boolean
  /** Of one that does not answer through its link: whether it does without. */
  isThere?: boolean
  roundTrip: number | undefined
}

export async function probeLinks(
  machine: Machine,
  probes: readonly LinkProbe[],
): Promise<ProbeResult[]> {
  const ask = (probe: LinkProbe) => machine.run({ argv: pingCommand(probe), timeoutMs: 10_000 })
  return await Promise.all(
    probes.map(async (probe) => {
      const { code, stdout } = await ask(probe)
      const result = { ...probe, isAnswered: code === 0, roundTrip: readRoundTrip(stdout) }
      if (code === 0 || probe.device === undefined) return result
      return { ...result, isThere: (await ask({ ...probe, device: undefined })).code === 0 }
    }),
  )
}

/** Of services that do not answer: which of their addresses, and what is to be looked at. */
export function troubles(results: readonly ProbeResult[]): Map<string, string> {
  const silent = results.filter(({ isAnswered }) => !isAnswered)
  const byService = Map.groupBy(silent, ({ service }) => service)
  return new Map([...byService].map(([service, all]) => [service, all.map(troubleOf).join('; ')]))
}

function troubleOf({ address, device, needs, isThere }: ProbeResult): string {
  if (device === undefined)
    return `${address} does not answer; see whether it is up, and reached from this hub`
  if (isThere === true)
    return `${address} answers, but not through "${device}"; let ${needs} pass both ways, and run "dynfarm join" there`
  return `${address} answers neither through "${device}" nor without it; see whether it is up, and let ${needs} pass both ways`
}

/** rtt min/avg/max/mdev = 0.050/0.070/0.090/0.010 ms */
export function readRoundTrip(output: string): number | undefined {
  const [, average] = /= [\d.]+\/([\d.]+)\//.exec(output) ?? []
  return average === undefined ? undefined : Math.round(Number(average))
}

/** A service is up when each of its hosts answers. `since` is the moment of the last change. */
export function linkHealth(
  results: readonly ProbeResult[],
  before: readonly LinkHealth[],
  now: number,
): LinkHealth[] {
  return [...Map.groupBy(results, ({ service }) => service)].map(([peer, all]) => {
    const silent = all.filter(({ isAnswered }) => !isAnswered).map(({ address }) => address)
    const state = silent.length === 0 ? 'up' : 'down'
    const last = before.find((link) => link.peer === peer)
    const roundTrips = all.flatMap(({ roundTrip }) => roundTrip ?? [])
    return {
      ...{ peer, state, since: last?.state === state ? (last.since ?? now) : now },
      ...(roundTrips.length > 0 && { roundTrip: Math.max(...roundTrips) }),
      ...(silent.length > 0 && { problem: shorten(`no answer from ${silent.join(', ')}`) }),
    }
  })
}

/** What the server takes: of a service of many hosts, not each one is named. */
function shorten(text: string): string {
  return text.length <= hostileLine.maxLength
    ? text
    : `${text.slice(0, hostileLine.maxLength - 2)} …`
}
