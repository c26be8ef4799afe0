import { familyOf } from '../../address.ts'
import type { NodeAnswer } from '../../client/join/reach.ts'
import type { Bytes } from '../command-line.ts'

/** Where CVMFS gets its files from; what the user says goes before what the profile does. */
export function proxyOf(
  own: readonly Bytes[],
  answer: NodeAnswer,
  route: 'split' | 'all',
): string | undefined {
  return variable(own, CVMFS_PROXY) ?? squidOf(answer, route)
}

export const CVMFS_PROXY = 'CVMFS_HTTP_PROXY'

/** What Parrot takes by itself. */
export function hasOwnProxy(own: readonly Bytes[]): boolean {
  return (variable(own, 'HTTP_PROXY') ?? 'DIRECT') !== 'DIRECT'
}

function variable(own: readonly Bytes[], name: string): Bytes | undefined {
  const line = own.find((one) => one.startsWith(`${name}=`))
  return line?.slice(name.length + 1) || undefined
}

/**
 * The site's squid: who the profile calls so, first beside the machines, then among the services that the site may use.
 * By its address, because not every way of a job has its names.
 */
export function squidOf(
  { services, site }: NodeAnswer,
  route: 'split' | 'all',
): string | undefined {
  // By "all" the machine's own network is closed.
  const beside = route === 'all' ? [] : (site?.hosts ?? [])
  const near = beside.find(({ names }) => names.some(isSquid))
  if (near !== undefined) return urlOf(near.address, SQUID_PORT)
  const far = services.find(({ name, names }) => [name, ...names].some(isSquid))
  const [address] = far?.addresses ?? []
  return address === undefined ? undefined : urlOf(address, portOf(far?.['from-nodes'] ?? []))
}

function isSquid(name: string): boolean {
  return /^squid[-\d]*(\.|$)/i.test(name)
}

const SQUID_PORT = '3128'

/** The first that its service opens to nodes, unless squid's own is one of them. */
function portOf(flows: readonly string[]): string {
  const ports = flows.flatMap((flow) => /^tcp\/(\d+)/.exec(flow)?.[1] ?? [])
  return ports.includes(SQUID_PORT) ? SQUID_PORT : (ports[0] ?? SQUID_PORT)
}

function urlOf(address: string, port: string): string {
  const host = familyOf(address) === 'ipv6' ? `[${address}]` : address
  return `http://${host}:${port}`
}
