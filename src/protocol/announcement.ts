import { canonicalAddress, parseAddress } from '../address.ts'
import { isObject } from './publish.ts'

/** Where hubs tell each other, and the hosts of services, which nodes are at them. */
export const announcePort = 7790

/**
 * One datagram of what a hub says of its nodes. Each stands by itself: nodes that are not in it are as they were said
 * to be before, until they have not been said for a while.
 */
export interface Announcement {
  /** When the hub's process began, in milliseconds since 1970: another one counts anew. */
  epoch: number
  /** Counts up with each datagram. */
  sequence: number
  nodes: readonly AnnouncedNode[]
  /** The addresses of nodes that are there no more. */
  gone: readonly string[]
}

export interface AnnouncedNode {
  addresses: readonly string[]
  /** So many milliseconds ago it came, or was last seen to come: no two hosts need the same clock for it. */
  age: number
  /** Of its own last hello, which only grows, whichever hub it says it to. */
  count?: number
  mtu?: number
}

/** What passes every link in one piece. */
const longest = 1200
/** IPv4 and IPv6. */
const mostAddresses = 2

/** As many datagrams as are needed, and one when there is nothing to tell: it says that the hub lives. */
export function encodeAnnouncements(
  { nodes, gone }: Pick<Announcement, 'nodes' | 'gone'>,
  number: () => Pick<Announcement, 'epoch' | 'sequence'>,
): Buffer[] {
  const entries = [...nodes.map(entryOf), ...gone.map((address) => JSON.stringify(address))]
  return portions(entries).map((portion) => {
    const { epoch, sequence } = number()
    return Buffer.from(`{"dynfarm":1,"epoch":${epoch},"sequence":${sequence},"nodes":[${portion}]}`)
  })
}

function entryOf({ addresses, age, count, mtu }: AnnouncedNode): string {
  return JSON.stringify({ a: addresses, t: age, c: count, m: mtu })
}

/** Without what is around them. */
const room = longest - 100

function portions(entries: readonly string[]): string[] {
  const result = ['']
  for (const entry of entries) {
    const last = result.at(-1) ?? ''
    if (last === '') result[result.length - 1] = entry
    else if (last.length + entry.length < room) result[result.length - 1] = `${last},${entry}`
    else result.push(entry)
  }
  return result
}

export function decodeAnnouncement(datagram: Uint8Array): Announcement | undefined {
  if (datagram.length > longest) return undefined
  const message = parse(Buffer.from(datagram).toString('utf8'))
  if (!isObject(message) || message['dynfarm'] !== 1) return undefined
  const { epoch, sequence, nodes: entries } = message
  if (!isWhole(epoch) || !isWhole(sequence) || !Array.isArray(entries)) return undefined
  const gone = entries.filter((entry) => typeof entry === 'string').map(addressOf)
  const nodes = entries.filter((entry) => typeof entry !== 'string').map(nodeOf)
  if (!areAll(gone) || !areAll(nodes)) return undefined
  return { epoch, sequence, nodes, gone }
}

function nodeOf(entry: unknown): AnnouncedNode | undefined {
  if (!isObject(entry)) return undefined
  const { a: texts, t: age, c: count, m: mtu } = entry
  if (!Array.isArray(texts) || texts.length === 0 || texts.length > mostAddresses) return undefined
  const addresses = texts.map(addressOf)
  if (!areAll(addresses) || !isWhole(age)) return undefined
  if (count !== undefined && !isWhole(count)) return undefined
  if (mtu !== undefined && !isMtu(mtu)) return undefined
  return {
    addresses,
    age,
    ...(count !== undefined && { count }),
    ...(mtu !== undefined && { mtu }),
  }
}

function addressOf(text: unknown): string | undefined {
  if (typeof text !== 'string' || parseAddress(text) === undefined) return undefined
  return canonicalAddress(text)
}

function areAll<T>(items: readonly (T | undefined)[]): items is readonly T[] {
  return items.every((item) => item !== undefined)
}

function isMtu(value: unknown): value is number {
  return isWhole(value) && value >= 576 && value <= 65_535
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
