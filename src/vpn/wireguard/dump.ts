import { canonicalPrefix, parsePrefix } from '../../address.ts'
import type { Reading } from '../reading.ts'
import { isWireguardKey, type ObservedPeer, type ObservedWireguard } from './wireguard.ts'

/**
 * All devices at once, but those that do not answer: a wireguard-go that is just ending makes it end with 1, and must not hide the
 * others. It prints private keys too, which parsing drops: the output is for nothing else.
 */
export const dumpReading: Reading = { argv: ['wg', 'show', 'all', 'dump'], tolerate: [1] }

interface Observing {
  publicKey: string | undefined
  port: number
  peers: Map<string, ObservedPeer>
}

/** By device. A line that is not as it should be is a bug of the reader or another `wg`: no plan is made from it. */
export function parseDump(output: string): Map<string, ObservedWireguard> {
  const devices = new Map<string, Observing>()
  for (const line of output.split('\n')) {
    if (line === '') continue
    const [name = '', ...fields] = line.split('\t')
    if (fields.length === 4) devices.set(name, parseDevice(fields))
    else addPeer(devices.get(name), fields)
  }
  return devices
}

function parseDevice(fields: readonly string[]): Observing {
  const [, publicKey = '', port = ''] = fields
  if (publicKey !== none && !isWireguardKey(publicKey)) throw unreadable('a key')
  return {
    publicKey: publicKey === none ? undefined : publicKey,
    port: wholeNumber(port),
    peers: new Map(),
  }
}

function addPeer(device: Observing | undefined, fields: readonly string[]): void {
  const [publicKey = '', preshared = '', endpoint = '', addresses = '', ...numbers] = fields
  const [handshake = '', received = '', sent = '', keepalive = '', ...more] = numbers
  if (device === undefined || more.length > 0) throw unreadable('a line')
  if (!isWireguardKey(publicKey)) throw unreadable('the key of a peer')
  device.peers.set(publicKey, {
    addresses: addresses === none ? [] : addresses.split(',').map(parseNetwork),
    endpoint: endpoint === none ? undefined : endpoint,
    keepalive: keepalive === 'off' ? 0 : wholeNumber(keepalive),
    hasPresharedKey: preshared !== none,
    handshake: wholeNumber(handshake),
    received: wholeNumber(received),
    sent: wholeNumber(sent),
  })
}

const none = '(none)'

function parseNetwork(text: string): string {
  if (parsePrefix(text) === undefined) throw unreadable('an address')
  return canonicalPrefix(text)
}

function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw unreadable('a number')
  return Number(text)
}

/** Without what was read: it may be a secret. */
function unreadable(what: string): Error {
  return new Error(`"wg show all dump" printed ${what} that cannot be read`)
}
