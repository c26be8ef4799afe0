import type { Sourced } from './origin.ts'
import type { HostLine } from './resolve/hosts.ts'
import type { Identity } from './slots.ts'
import type {
  CustomCheck,
  CustomCommand,
  CustomFile,
  Customisation,
  Site,
  Tunnel,
} from './types.ts'

/**
 * All that one node gets, and nothing that is not for it; each part with where it came from.
 * Templates are filled in, references followed, layers merged.
 */
export interface Effective {
  centre: Sourced<{ name: string; domain: string; nodes: readonly string[] }>
  node: Sourced<Identity & { class?: string }>
  site: Sourced<{ nodes: readonly string[]; 'node-to-node': boolean }>
  hostname: Sourced<NonNullable<Customisation['hostname']>>
  /** The ladder, in the order to be tried; each rung's tunnels with this node's first choice first. */
  tunnels: Sourced<TunnelEnd[]>[]
  try: Sourced<string>
  proxy?: Sourced<string>
  hubs: Sourced<HubEnd>[]
  services: Sourced<ServiceUse>[]
  hosts: Sourced<HostLine>[]
  files: Sourced<NodeFile>[]
  commands: Sourced<CustomCommand>[]
  checks: Sourced<CustomCheck>[]
  labels: Sourced<{ name: string; value: string }>[]
  admins: Sourced<{ name: string; key: string }>[]
  release: Sourced<Site['release']>
  relay?: Sourced<NonNullable<Site['relay']>>
}

export interface TunnelEnd {
  name: string
  kind: Tunnel['kind']
  proto: 'udp' | 'tcp'
  hub: string
  /** Where to dial. */
  addresses: readonly string[]
  port: number
}

export interface HubEnd {
  name: string
  /** Its addresses inside the tunnels. */
  inner: readonly string[]
  /** Where jobs without a network of their own reach their services. */
  socks?: { addresses: readonly string[]; port: number }
}

export interface ServiceUse {
  name: string
  addresses: readonly string[]
  names: readonly string[]
  'from-nodes': readonly string[]
  'to-nodes': 'any' | readonly string[]
}

export interface NodeFile extends Pick<CustomFile, 'path' | 'mode' | 'owner'> {
  /** Not to be shown. */
  secret?: true
  /** Bytes when it is not text. */
  content: string | Uint8Array
}

/** The same without its sources: what a node is sent. */
export type NodeConfig = Plain<Effective>

type Plain<T> =
  T extends Sourced<infer V>
    ? V
    : T extends readonly Sourced<infer V>[]
      ? V[]
      : { [K in keyof T]: Plain<T[K]> }

export function plainConfig(effective: Effective): NodeConfig {
  return mapParts(effective, ({ value }) => value) as NodeConfig
}

export type Part = Sourced<unknown> | readonly Sourced<unknown>[]

export function partsOf(effective: Effective): [name: string, part: Part][] {
  return Object.entries(effective)
}

/** The same shape, with something else in the place of each sourced value. */
export function mapParts(
  effective: Effective,
  map: (entry: Sourced<unknown>) => unknown,
): Record<string, unknown> {
  const entries = partsOf(effective).map(([name, part]) => [
    name,
    isList(part) ? part.map(map) : map(part),
  ])
  return Object.fromEntries(entries)
}

export function isList(part: Part): part is readonly Sourced<unknown>[] {
  return Array.isArray(part)
}
