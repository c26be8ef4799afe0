import { formatAddress } from '../../address.ts'

/*
 * SOCKS 5 (RFC 1928) as far as a job's programs need it: no authentication, since who is at the other end is known by
 * its user, and CONNECT alone.
 */

export interface Wish {
  /** An address, or a name as the program has it. */
  host: string
  port: number
}

export const NO_AUTHENTICATION: Uint8Array = Uint8Array.of(5, 0)

/** What offers no way that we have, or speaks another version, is no greeting. */
export function parseGreeting(bytes: Uint8Array): { length: number; isGood: boolean } | undefined {
  const [version, count] = bytes
  if (version !== undefined && version !== 5) return { length: bytes.length, isGood: false }
  if (count === undefined || bytes.length < 2 + count) return undefined
  return { length: 2 + count, isGood: bytes.subarray(2, 2 + count).includes(0) }
}

/** Without a wish for what is no CONNECT. */
export function parseRequest(bytes: Uint8Array): { length: number; wish?: Wish } | undefined {
  const [version, command, , type] = bytes
  if (type === undefined) return undefined
  const size = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? bytes[4] : 0
  if (size === undefined) return undefined
  const start = type === 3 ? 5 : 4
  const length = start + size + 2
  if (version !== 5 || command !== 1 || size === 0) return { length: bytes.length }
  if (bytes.length < length) return undefined
  const raw = Buffer.from(bytes.subarray(start, start + size))
  const port = Buffer.from(bytes).readUInt16BE(start + size)
  return { length, wish: { host: type === 3 ? raw.toString('latin1') : addressOf(raw), port } }
}

function addressOf(raw: Buffer): string {
  const value = BigInt(`0x${raw.toString('hex')}`)
  return formatAddress({ family: raw.length === 4 ? 'ipv4' : 'ipv6', value })
}

/** Where the connection comes from is nobody's business but the hub's. */
export function renderReply(code: number): Uint8Array {
  return Uint8Array.of(5, code, 0, 1, 0, 0, 0, 0, 0, 0)
}
