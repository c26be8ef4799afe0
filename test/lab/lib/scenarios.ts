import { DynfarmError } from '../../../src/errors.ts'
import { aruba, centre, hpc, internet, openstack, thirdHub } from './places.ts'
import type { Segment, Topology } from './topology.ts'

export interface ScenarioOptions {
  /** How many borrowed machines stand behind the scenario's first site. */
  machines?: number
}

const mostMachines = 500

const hubs = only(centre, ['hub1', 'hub2', 'server', 'ce', 'ui', 'secret'])

/** The centre, the Internet, and who lends it machines; docs/lab.md draws it. */
export const scenarios = {
  picture: (machines = 2) => join(centre, aruba(machines), openstack(2), hpc),
  aruba: (machines = 2) => join(centre, aruba(machines)),
  openstack: (machines = 2) => join(centre, openstack(machines)),
  hubs: (machines = 2) => join(hubs, openstack(machines)),
  'three-hubs': (machines = 2) => join(hubs, thirdHub, openstack(machines)),
  small: (machines = 1) => join(only(centre, ['hub1', 'server', 'ce', 'secret']), aruba(machines)),
  demo: (machines = 1) =>
    join(only(centre, ['hub1', 'server', 'ce', 'secret']), aruba(machines), hpc),
} as const satisfies Record<string, (machines?: number) => Topology>

export type ScenarioName = keyof typeof scenarios

export function buildScenario(name: string, options: ScenarioOptions = {}): Topology {
  const { machines } = options
  if (machines !== undefined && !isCount(machines)) throw badCount(machines)
  if (!isScenario(name)) throw unknownScenario(name)
  return join(internet, scenarios[name](machines))
}

function isCount(machines: number): boolean {
  return Number.isInteger(machines) && machines >= 0 && machines <= mostMachines
}

function badCount(machines: number): DynfarmError {
  const wanted = `machines must be a whole number from 0 to ${mostMachines}`
  return new DynfarmError('usage', `${wanted}, not "${machines}"`, { hint: 'scripts/lab --help' })
}

function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(scenarios, name)
}

function unknownScenario(name: string): DynfarmError {
  const known = Object.keys(scenarios).join(', ')
  return new DynfarmError('usage', `no scenario "${name}"`, { hint: `there are ${known}` })
}

function only(topology: Topology, names: readonly string[]): Topology {
  return { ...topology, hosts: topology.hosts.filter((host) => names.includes(host.name)) }
}

function join(...parts: Topology[]): Topology {
  const segments = new Map<string, Segment>()
  for (const segment of parts.flatMap((part) => part.segments)) segments.set(segment.name, segment)
  return { segments: [...segments.values()], hosts: parts.flatMap((part) => part.hosts) }
}
