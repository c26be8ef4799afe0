import { isIP } from 'node:net'
import { isSshKey } from './ssh-key.ts'
import { isWireguardKey } from './wireguard-key.ts'

/** Every `format` of the schemas. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  address: isAddress,
  network: isNetwork,
  hostname: isHostName,
  'https-url': isHttpsUrl,
  'node-path': isNodePath,
  'wireguard-key': isWireguardKey,
  'ssh-key': isSshKey,
}

function isAddress(text: string): boolean {
  return familyOf(text) !== 0
}

function isNetwork(text: string): boolean {
  const [, address = '', length = ''] = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? []
  const bits = { 0: -1, 4: 32, 6: 128 }[familyOf(address)]
  return length !== '' && Number(length) <= bits
}

/** A zone, as in fe80::1%eth0, means something on one machine only. */
function familyOf(text: string): 0 | 4 | 6 {
  const family = text.includes('%') ? 0 : isIP(text)
  return family === 4 || family === 6 ? family : 0
}

function isHostName(text: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i
  return text.length <= 253 && text.split('.').every((part) => label.test(part))
}

/** Scheme, host and port, and nothing else. */
function isHttpsUrl(text: string): boolean {
  const url = URL.parse(text)
  return url?.protocol === 'https:' && (text === url.origin || text === `${url.origin}/`)
}

/** An absolute path in its plain form. */
function isNodePath(text: string): boolean {
  const [root, ...parts] = text.split('/')
  if (root !== '' || /\p{Cc}/u.test(text)) return false
  return parts.length > 0 && parts.every((part) => part !== '' && part !== '.' && part !== '..')
}
