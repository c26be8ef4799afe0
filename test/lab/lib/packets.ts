import { bitsOf, familyOf, parseAddress } from '../../../src/address.ts'

/** What a packet says of itself, true or not. */
export interface Packet {
  from: string
  to: string
  /** UDP to this port, from `sport`. */
  port?: number
  sport?: number
  /** In place of UDP: a protocol's number, and what follows the header of IP. */
  protocol?: number
  body?: Buffer
  /** Of IPv4, a multiple of four bytes. */
  options?: Buffer
  /** Its whole length, by which the far end knows it again. */
  length?: number
}

const UDP = 17

/** A packet of either family, in full. */
export function packet(of: Packet): Buffer {
  return familyOf(of.to) === 'ipv4' ? ipv4(of) : ipv6(of)
}

function ipv4(of: Packet): Buffer {
  const options = of.options ?? Buffer.alloc(0)
  const header = Buffer.alloc(20 + options.length)
  const body = bodyOf(of, header.length)
  header.writeUInt8(0x40 | (header.length / 4), 0)
  header.writeUInt16BE(header.length + body.length, 2)
  header.writeUInt8(64, 8)
  header.writeUInt8(of.protocol ?? UDP, 9)
  bytesOf(of.from).copy(header, 12)
  bytesOf(of.to).copy(header, 16)
  options.copy(header, 20)
  header.writeUInt16BE(sum(header), 10)
  return Buffer.concat([header, body])
}

function ipv6(of: Packet): Buffer {
  const header = Buffer.alloc(40)
  const body = bodyOf(of, 40)
  header.writeUInt8(0x60, 0)
  header.writeUInt16BE(body.length, 4)
  header.writeUInt8(of.protocol ?? UDP, 6)
  header.writeUInt8(64, 7)
  bytesOf(of.from).copy(header, 8)
  bytesOf(of.to).copy(header, 24)
  return Buffer.concat([header, body])
}

function bodyOf({ body, protocol, length = 0, ...of }: Packet, header: number): Buffer {
  const rest = Math.max(0, length - header)
  if (protocol !== undefined) return Buffer.concat([body ?? Buffer.alloc(0)], body?.length ?? rest)
  return udp(of, Buffer.concat([body ?? Buffer.alloc(0)], body?.length ?? Math.max(0, rest - 8)))
}

/** With its checksum: IPv6 knows no datagram without. */
export function udp({ from, to, port = 0, sport = 5000 }: Packet, payload: Buffer): Buffer {
  const header = Buffer.alloc(8)
  const length = 8 + payload.length
  header.writeUInt16BE(sport, 0)
  header.writeUInt16BE(port, 2)
  header.writeUInt16BE(length, 4)
  const pseudo = Buffer.concat([bytesOf(from), bytesOf(to), Buffer.from([0, UDP, 0, 0])])
  pseudo.writeUInt16BE(length, pseudo.length - 2)
  header.writeUInt16BE(sum(Buffer.concat([pseudo, header, payload])) || 0xffff, 6)
  return Buffer.concat([header, payload])
}

/** What goes into a VXLAN link: its header, a frame for this card, and the packet. */
export function vxlan(network: number, card: string, inner: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(8, 0)
  header.writeUInt32BE(network * 256, 4)
  const ethernet = Buffer.from(`${card.replaceAll(':', '')}020000000099`, 'hex')
  const kind = Buffer.from(inner.readUInt8(0) >> 4 === 6 ? '86dd' : '0800', 'hex')
  return Buffer.concat([header, ethernet, kind, inner])
}

/** Loose source routing: by way of `to`, on to the one named here. */
export function sourceRoute(next: string): Buffer {
  return Buffer.concat([Buffer.from([131, 7, 4]), bytesOf(next), Buffer.from([0])])
}

export function icmp(type: number, code: number, rest: Buffer): Buffer {
  const header = Buffer.from([type, code, 0, 0])
  header.writeUInt16BE(sum(Buffer.concat([header, rest])), 2)
  return Buffer.concat([header, rest])
}

/** Two fragments of one packet, of which the first ends within the header of UDP. */
export function fragments(whole: Buffer): Buffer[] {
  const [header, body] = [whole.subarray(0, 20), whole.subarray(20)]
  return [fragment(header, body.subarray(0, 8), 0x2000), fragment(header, body.subarray(8), 1)]
}

function fragment(header: Buffer, part: Buffer, place: number): Buffer {
  const own = Buffer.from(header)
  own.writeUInt16BE(20 + part.length, 2)
  own.writeUInt16BE(4242, 4)
  own.writeUInt16BE(place, 6)
  own.writeUInt16BE(0, 10)
  own.writeUInt16BE(sum(own), 10)
  return Buffer.concat([own, part])
}

export function bytesOf(text: string): Buffer {
  const address = parseAddress(text)
  if (address === undefined) throw new Error(`no address: "${text}"`)
  return Buffer.from(address.value.toString(16).padStart(bitsOf(address.family) / 4, '0'), 'hex')
}

function sum(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)])
  let total = 0
  for (let at = 0; at < even.length; at += 2) total += even.readUInt16BE(at)
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16)
  return ~total & 0xffff
}
