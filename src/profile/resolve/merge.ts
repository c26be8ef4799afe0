import { type Origin, type Sourced, within } from '../origin.ts'
import type { CustomCheck, CustomCommand, CustomFile, Customisation } from '../types.ts'
import { type HostsByName, readHosts } from './hosts.ts'

/** One place that says something of a node: the centre's defaults, its site, its class. */
export interface Layer {
  /** Later layers have higher ranks. */
  rank: number
  origin: Origin
  says: Customisation
}

type ByKey<T> = ReadonlyMap<string, Sourced<T>>

/** What layers say together, by what makes an entry the same one in another layer. */
export interface Merged {
  hostname: Sourced<'set' | 'keep'> | undefined
  hosts: HostsByName
  files: ByKey<CustomFile>
  commands: ByKey<CustomCommand>
  checks: ByKey<CustomCheck>
  labels: ByKey<string>
}

export function mergeLayers(layers: readonly Layer[]): Merged {
  return layers.map(readLayer).reduce(overlay, nothing)
}

export const nothing: Merged = {
  hostname: undefined,
  hosts: new Map(),
  files: new Map(),
  commands: new Map(),
  checks: new Map(),
  labels: new Map(),
}

/**
 * The later wins, entry by entry; a replaced one keeps its place in the order. It does not matter which layers
 * are laid together first: a file that is to be dropped stays among the others, as `absent`.
 */
export function overlay(earlier: Merged, later: Merged): Merged {
  return {
    hostname: later.hostname ?? earlier.hostname,
    hosts: new Map([...earlier.hosts, ...later.hosts]),
    files: new Map([...earlier.files, ...later.files]),
    commands: new Map([...earlier.commands, ...later.commands]),
    checks: new Map([...earlier.checks, ...later.checks]),
    labels: new Map([...earlier.labels, ...later.labels]),
  }
}

export function readLayer(layer: Layer): Merged {
  const { hostname, hosts = {}, files = [], commands = [], checks = [], labels = {} } = layer.says
  return {
    hostname: hostname && { value: hostname, origin: within(layer.origin, 'hostname') },
    hosts: readHosts({
      hosts,
      rank: layer.rank,
      originOf: (address) => within(layer.origin, 'hosts', address),
    }),
    files: byKey(files, (file) => file.path, within(layer.origin, 'files')),
    commands: byKey(commands, (command) => command.name, within(layer.origin, 'commands')),
    checks: byKey(checks, (check) => check.name, within(layer.origin, 'checks')),
    labels: readLabels(labels, within(layer.origin, 'labels')),
  }
}

function byKey<T>(entries: readonly T[], keyOf: (entry: T) => string, origin: Origin): ByKey<T> {
  return new Map(
    entries.map((value, at) => [keyOf(value), { value, origin: within(origin, at) }] as const),
  )
}

/** Sorted: the order of a map's keys says nothing. */
function readLabels(labels: Record<string, string>, origin: Origin): ByKey<string> {
  const keys = Object.keys(labels).sort()
  return new Map(
    keys.map((key) => [key, { value: labels[key] ?? '', origin: within(origin, key) }] as const),
  )
}
