import { isAddress, parseAddress, parsePrefix } from '../address.ts'
import { isSshKey } from './ssh-key.ts'
import { isWireguardKey } from './wireguard-key.ts'

/** Every `format` of the schemas. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = {
  address: isAddress,
  network: isNetwork,
  hostname: isHostName,
  'node-path': isNodePath,
  'wireguard-key': isWireguardKey,
  'ssh-key': isSshKey,
}

/** Address and length, with no bit set beyond the length. */
function isNetwork(text: string): boolean {
  const prefix = text.includes('/') ? parsePrefix(text) : undefined
  return prefix !== undefined && parseAddress(text.split('/')[0] ?? '')?.value === prefix.value
}

function isHostName(text: string): boolean {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i
  return text.length <= 253 && text.split('.').every((part) => label.test(part))
}

/** An absolute path in its plain form. */
function isNodePath(text: string): boolean {
  const [root, ...parts] = text.split('/')
  if (root !== '' || /\p{Cc}/u.test(text)) return false
  return parts.length > 0 && parts.every((part) => part !== '' && part !== '.' && part !== '..')
}
