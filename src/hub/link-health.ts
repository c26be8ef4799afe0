import type { Machine } from '../apply/machine.ts'
import type { Argv } from '../plan/step.ts'
import type { LinkHealth } from './health.ts'
import { linkEnds, servicesOf } from './network/links.ts'
import type { HubState } from './network/state.ts'

/** One way to a service, and how it is tried: the far end of a link answers through that link alone. */
export interface LinkProbe {
  service: string
  address: string
  device: string | undefined
}

export function linkProbes(state: HubState): LinkProbe[] {
  const linked = linkEnds(state).flatMap(({ service, addresses, device }) =>
    addresses.map((address) => ({ service: service.name, address, device: device.name })),
  )
  const routed = servicesOf(state, 'routed').flatMap(({ name, addresses }) =>
    addresses.map((address) => ({ service: name, address, device: undefined })),
  )
  return [...linked, ...routed]
}

export function pingCommand({ address, device }: LinkProbe): Argv {
  const through = device === undefined ? [] : ['-I', device]
  return ['ping', '-n', '-q', '-c', '3', '-i', '0.3', '-W', '1', ...through, address]
}

export interface ProbeResult extends LinkProbe {
  isAnswered: boolean
  roundTrip: number | undefined
}

export async function probeLinks(
  machine: Machine,
  probes: readonly LinkProbe[],
): Promise<ProbeResult[]> {
  return await Promise.all(
    probes.map(async (probe) => {
      const { code, stdout } = await machine.run({ argv: pingCommand(probe), timeoutMs: 10_000 })
      return { ...probe, isAnswered: code === 0, roundTrip: readRoundTrip(stdout) }
    }),
  )
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
      ...(silent.length > 0 && { problem: `no answer from ${silent.join(', ')}` }),
    }
  })
}
