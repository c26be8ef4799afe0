import { type Family, familyOf, parsePrefix } from '../../address.ts'
import { deviceName, wholeNumber } from '../names.ts'
import { preference, type SiteLimit, type TreePlace } from './limits.ts'

/** A filter, and the line of `tc -batch` that adds it. */
export interface Filter {
  key: string
  line: string
}

type Side = SiteLimit['towards']

/** What leads into a tree: from a tunnel's device, what comes from or goes to an address of these networks. */
export type Lead = Pick<SiteLimit, 'device' | 'towards' | 'networks'>

export function redirects(limit: Lead, tunnel: string): Filter[] {
  const hook = limit.towards === 'nodes' ? 'egress' : 'ingress'
  const target = deviceName(limit.device)
  return limit.networks.map((network) => {
    const family = familyOfNetwork(network)
    const match = matchOf(network, limit.towards)
    const place = `filter add dev ${deviceName(tunnel)} ${hook} ${protocolOf(family, limit.towards)}`
    return {
      key: filterKey({ pref: preference[limit.towards][family], match, act: `redirect ${target}` }),
      line: `${place} u32 ${matchWords(match)} action mirred egress redirect dev ${target}`,
    }
  })
}

/** Within the tree, nodes are looked up by the last byte of their address: a look costs the same for all sizes. */
export function frame(tree: TreePlace): Filter[] {
  const { towards } = tree
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const place = placeIn(tree, family)
    const table = tables[family]
    const last = offsets[towards][family] + (family === 'ipv4' ? 0 : 12)
    const pref = preference[towards][family]
    return [
      { key: tableKey(pref, table), line: `${place} handle ${table}: u32 divisor 256` },
      {
        key: filterKey({ pref, match: `${none} at ${last}`, act: `link ${table}:` }),
        line: `${place} u32 match u32 0 0 at ${last} hashkey mask 0x000000ff at ${last} link ${table}:`,
      },
    ]
  })
}

/** From one address to the class of its node. */
export function nodeFilter(tree: TreePlace, address: string, id: number): Filter {
  const parts = nodeParts(tree, address)
  const act = `${flowTo(tree)}${hex(id)}`
  const place = placeIn(tree, familyOf(address))
  return {
    key: filterKey({ ...parts, act }),
    line: `${place} u32 ht ${parts.bucket}: ${matchWords(parts.match)} ${act}`,
  }
}

/** All of a node's filter but the class, which is what an observed one tells. */
export function nodeKey(tree: TreePlace, address: string): string {
  return filterKey({ ...nodeParts(tree, address), act: flowTo(tree) })
}

function nodeParts({ towards }: TreePlace, address: string) {
  const match = matchOf(address, towards)
  const family = familyOf(address)
  return {
    pref: preference[towards][family],
    bucket: `${tables[family]}:${lastByte(match)}`,
    match,
  }
}

/** From all addresses of a network to the class of its site. */
export function siteFilter(tree: TreePlace, network: string, id: number): Filter {
  const match = matchWords(matchOf(network, tree.towards))
  const place = placeIn(tree, familyOfNetwork(network))
  return {
    key: `${siteKey(tree, network)}${hex(id)}`,
    line: `${place} u32 ${match} ${flowTo(tree)}${hex(id)}`,
  }
}

export function siteKey(tree: TreePlace, network: string): string {
  const pref = preference[tree.towards][familyOfNetwork(network)]
  return filterKey({ pref, match: matchOf(network, tree.towards), act: flowTo(tree) })
}

function placeIn({ device, towards, major }: TreePlace, family: Family): string {
  return `filter add dev ${deviceName(device)} parent ${hex(major)}: ${protocolOf(family, towards)}`
}

function flowTo({ major }: TreePlace): string {
  return `flowid ${hex(major)}:`
}

function hex(id: number): string {
  return wholeNumber(id).toString(16)
}

interface Keyed {
  pref: number
  bucket?: string
  match: string
  act: string
}

export function filterKey({ pref, bucket = '', match, act }: Keyed): string {
  return `${pref} ${bucket} ${match} ${act}`
}

export function tableKey(pref: number, table: string): string {
  return `${pref} table ${table}`
}

const tables = { ipv4: '1', ipv6: '2' } as const
const none = '00000000/00000000'
/** Where in a packet the address begins. */
const offsets = {
  nodes: { ipv4: 16, ipv6: 24 },
  centre: { ipv4: 12, ipv6: 8 },
} as const satisfies Record<Side, Record<Family, number>>

function protocolOf(family: Family, side: Side): string {
  return `protocol ${family === 'ipv4' ? 'ip' : 'ipv6'} pref ${preference[side][family]}`
}

function familyOfNetwork(network: string): Family {
  return familyOf(network.replace(/\/.*$/, ''))
}

/** As tc lists it: for every word of the packet that matters, "value/mask at offset". */
function matchOf(text: string, side: Side): string {
  const family = familyOfNetwork(text)
  const bits = family === 'ipv4' ? 32 : 128
  const prefix = parsePrefix(text.includes('/') ? text : `${text}/${bits}`)
  if (prefix === undefined) throw new Error(`not a network: "${text}"`)
  const all = (1n << BigInt(bits)) - 1n
  const mask = all ^ (all >> BigInt(prefix.length))
  const words = Array.from({ length: bits / 32 }, (_, word) => {
    const shift = BigInt(bits - 32 * (word + 1))
    return { value: word32(prefix.value >> shift), mask: word32(mask >> shift), word }
  })
  return words
    .filter((one) => one.mask !== '00000000' || one.word === 0)
    .map((one) => `${one.value}/${one.mask} at ${offsets[side][family] + 4 * one.word}`)
    .join(' ')
}

function word32(value: bigint): string {
  return (value & 0xffff_ffffn).toString(16).padStart(8, '0')
}

function matchWords(match: string): string {
  return match.replace(/([0-9a-f]{8})\/([0-9a-f]{8}) at/g, 'match u32 0x$1 0x$2 at')
}

/** Without zeros before it, as tc writes a bucket. */
function lastByte(match: string): string {
  const [, value = '0'] = /([0-9a-f]{2})\/[0-9a-f]{8} at \d+$/.exec(match) ?? []
  return Number.parseInt(value, 16).toString(16)
}
