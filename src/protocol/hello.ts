import { isObject } from './publish.ts'

/** Where on the hub's inner addresses nodes say hello. */
export const helloPort = 7789

/**
 * What a node sends through a rung as soon as it stands, in one datagram: which rung its traffic comes by, and how
 * large it may be. The source address tells who says it, since tunnels let a node use no other.
 */
export interface Hello {
  /** Counts up: a datagram that comes late, by a rung that was left, is known by it. */
  count: number
  /** The name of the tunnel. */
  rung: string
  mtu: number
}

const longest = 200

/** The hub's answer is the same text. */
export function encodeHello({ count, rung, mtu }: Hello): Buffer {
  return Buffer.from(JSON.stringify({ dynfarm: 1, count, rung, mtu }))
}

export function decodeHello(datagram: Uint8Array): Hello | undefined {
  if (datagram.length > longest) return undefined
  const message = parse(Buffer.from(datagram).toString('utf8'))
  if (!isObject(message) || message['dynfarm'] !== 1) return undefined
  const { count, rung, mtu } = message
  if (!isWhole(count, 0, Number.MAX_SAFE_INTEGER) || !isWhole(mtu, 576, 65_535)) return undefined
  if (typeof rung !== 'string' || !/^[a-z](-?[a-z0-9])*$/.test(rung) || rung.length > 11) return
  return { count, rung, mtu }
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
