import { isIPv4, isIPv6 } from 'node:net'
import type { Source } from './call.ts'
import { peerAddress } from './peer.ts'

/**
 * What a balancer says before the connection that it passes on (PROXY protocol, versions 1 and 2). Without a source
 * the connection is the balancer's own, as for its health checks.
 */
export type ProxyHeader =
  | { kind: 'incomplete' }
  | { kind: 'garbage' }
  | { kind: 'header'; length: number; source?: Source }

const incomplete = { kind: 'incomplete' } as const
const garbage = { kind: 'garbage' } as const

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')
const prefix = Buffer.from('PROXY ', 'latin1')
/** Longer than any balancer's extras of version 2; version 1 says 107 itself. */
const longest = { text: 107, binary: 4096 }

export function parseProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsAs(bytes, signature))
    return bytes.length < 16 ? incomplete : parseBinary(bytes, bytes.readUInt16BE(14))
  return beginsAs(bytes, prefix) ? parseText(bytes) : garbage
}

/** Whether the bytes, as far as there are any, are those. */
function beginsAs(bytes: Buffer, expected: Buffer): boolean {
  const length = Math.min(bytes.length, expected.length)
  return bytes.subarray(0, length).equals(expected.subarray(0, length))
}

function parseText(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longest.text).indexOf('\r\n')
  if (end === -1) return bytes.length < longest.text ? incomplete : garbage
  const length = end + 2
  const [, family = '', ...fields] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { kind: 'header', length }
  return parseFields(family, fields, length)
}

function parseFields(family: string, fields: readonly string[], length: number): ProxyHeader {
  const [from = '', to = '', port = '', toPort = ''] = fields
  const isOfFamily = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined
  if (fields.length !== 4 || !isOfFamily?.(from) || !isOfFamily(to)) return garbage
  if (!isPort(port) || !isPort(toPort)) return garbage
  return withSource(length, from, Number(port))
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,4})$/.test(text) && Number(text) <= 65_535
}

function withSource(length: number, from: string, port: number): ProxyHeader {
  const address = peerAddress(from)
  return address === undefined ? garbage : { kind: 'header', length, source: { address, port } }
}

const commands: Readonly<Record<number, 'local' | 'proxy'>> = { 32: 'local', 33: 'proxy' }
/** By the byte for family and transport: bytes of one address. Of another family there is no address for us. */
const addressBytes: Readonly<Record<number, number>> = { 17: 4, 33: 16 }

function parseBinary(bytes: Buffer, rest: number): ProxyHeader {
  const command = commands[bytes[12] ?? 0]
  const length = 16 + rest
  if (command === undefined || length > longest.binary) return garbage
  if (bytes.length < length) return incomplete
  const size = addressBytes[bytes[13] ?? 0]
  if (command === 'local' || size === undefined) return { kind: 'header', length }
  if (rest < 2 * size + 4) return garbage
  const from = bytes.subarray(16, 16 + size)
  return withSource(length, renderAddress(from), bytes.readUInt16BE(16 + 2 * size))
}

function renderAddress(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.')
  return (bytes.toString('hex').match(/.{4}/g) ?? []).join(':')
}
