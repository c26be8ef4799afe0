import { canonicalAddress } from '../address.ts'
import { type DeviceAddress, type ForeignDevice, MARK, type ObservedDevice } from './network.ts'

/** What is used of one entry of `ip -N -json -details addr`. Versions differ in what they leave out. */
export interface LinkJson {
  ifname?: string
  mtu: number
  group?: string
  flags?: string[]
  linkinfo?: { info_kind?: string; info_data?: LinkData }
  addr_info?: (AddressJson | Record<string, never>)[]
}

interface LinkData {
  local?: string
  local6?: string
  remote?: string
  remote6?: string
  link?: string
  ikey?: string
  okey?: string
  id?: number
  port?: number
  learning?: boolean
  ttl?: number
  type?: string
  persist?: boolean
  user?: string
}

interface AddressJson {
  local: string
  prefixlen: number
  metric?: number
}

export function parseDevice(link: LinkJson): ObservedDevice {
  const { ifname: name = '', mtu } = link
  return { ...parseShape(name, mtu, link), mtu, up: isUp(link) }
}

export function parseForeignDevices(links: readonly LinkJson[]): [string, ForeignDevice][] {
  return links.flatMap((link): [string, ForeignDevice][] => {
    const { ifname = '', mtu, group = 'default' } = link
    if (isOwn(link)) return []
    return [[ifname, { group: group === 'default' ? 0 : Number(group), mtu, up: isUp(link) }]]
  })
}

export function isOwn({ group }: LinkJson): boolean {
  return group === String(MARK)
}

/**
 * The metric marks an address, and on dynfarm's own devices all are its own. The fe80:: that the kernel
 * gives every device are neither: they come a moment late, and go with the device.
 */
export function parseAddresses(links: readonly LinkJson[]): {
  own: DeviceAddress[]
  foreign: DeviceAddress[]
} {
  const all = links.flatMap((link) =>
    (link.addr_info ?? []).filter(isAddress).map(({ local, prefixlen, metric }) => ({
      dev: link.ifname ?? '',
      address: `${canonicalAddress(local)}/${prefixlen}`,
      own: metric === MARK || (isOwn(link) && !local.startsWith('fe80:')),
    })),
  )
  const plain = ({ dev, address }: DeviceAddress) => ({ dev, address })
  return {
    own: all.filter(({ own }) => own).map(plain),
    foreign: all.filter(({ own, address }) => !own && !address.startsWith('fe80:')).map(plain),
  }
}

/** Old versions list what they filtered out as empty objects. */
function isAddress(json: AddressJson | Record<string, never>): json is AddressJson {
  return json.local !== undefined
}

function isUp({ flags = [] }: LinkJson): boolean {
  return flags.includes('UP')
}

/** A shape that dynfarm would not give a device is none of those it makes. */
function parseShape(name: string, mtu: number, { linkinfo }: LinkJson): ObservedDevice {
  const data = linkinfo?.info_data ?? {}
  const up = false
  const [local, remote] = [data.local ?? data.local6, data.remote ?? data.remote6].map(endpoint)
  const dev = data.link === undefined ? {} : { dev: data.link }
  const tunnel = { name, mtu, up, ...dev }
  const kind = linkinfo?.info_kind
  if (kind === 'tun' && data.type === 'tun' && data.persist === true) {
    return { kind, name, mtu, up, ...(data.user !== undefined && { user: data.user }) }
  }
  if (kind === 'wireguard' || kind === 'ifb') return { kind, name, mtu, up }
  if (local === undefined || remote === undefined || data.ttl !== 64) {
    return { kind: 'external', name, mtu, up }
  }
  if (kind === 'vxlan' && data.learning === false) {
    return { kind, ...tunnel, local, remote, id: data.id ?? 0, port: data.port ?? 0 }
  }
  if ((kind === 'gre' || kind === 'ip6gre') && data.ikey === data.okey) {
    return { kind: 'gre', ...tunnel, local, remote, ...parseKey(data.ikey) }
  }
  return { kind: 'external', name, mtu, up }
}

function endpoint(text: string | undefined): string | undefined {
  return text === undefined || text === 'any' ? undefined : canonicalAddress(text)
}

/** A key is listed like an IPv4 address. */
function parseKey(text: string | undefined): { key?: number } {
  if (text === undefined) return {}
  return { key: text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) }
}
