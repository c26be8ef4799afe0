import { formatPrefix, parseAddress } from '../address.ts'
import { networkAround, parseNetwork } from './network.ts'
import { parseDuration, parseRate, parseSize } from './quantity.ts'

/** A kind of text: `noun` says what is expected, `fault` what is wrong with a text, if anything. */
export interface Format {
  noun: string
  fault(text: string): Fault | undefined
}

export interface Fault {
  what: string
  hint?: string
}

export type FormatName = keyof typeof formats

/** Every `format` of the schemas. */
export const formats = {
  address: { noun: 'an address', fault: addressFault },
  network: { noun: 'a network', fault: networkFault },
  endpoint: { noun: 'an address and a port', fault: endpointFault },
  hostname: { noun: 'a host name', fault: hostnameFault },
  'https-url': { noun: 'an https address', fault: httpsFault },
  proxy: { noun: 'an http address', fault: proxyFault },
  database: { noun: '"sqlite" or a postgres URL', fault: databaseFault },
  traffic: { noun: 'a protocol and ports', fault: trafficFault },
  duration: { noun: 'a duration', fault: durationFault },
  timeout: { noun: 'a duration', fault: timeoutFault },
  rate: { noun: 'a rate', fault: rateFault },
  size: { noun: 'a size', fault: sizeFault },
  mode: { noun: 'an octal mode', fault: modeFault },
  owner: { noun: 'an owner', fault: ownerFault },
  'node-path': { noun: 'an absolute path', fault: nodePathFault },
  'own-path': { noun: 'a path in the configuration folder', fault: ownPathFault },
  line: { noun: 'one line of text', fault: lineFault },
  argument: { noun: 'an argument', fault: argumentFault },
} as const satisfies Record<string, Format>

/** The same as ajv wants them; code that is compiled beforehand takes them from here by this name. */
export const formatTests: Readonly<Record<string, (text: string) => boolean>> = Object.fromEntries(
  Object.entries(formats).map(([name, { fault }]) => [name, (text) => fault(text) === undefined]),
)

function addressFault(text: string): Fault | undefined {
  if (parseAddress(text) !== undefined) return undefined
  return not(text, 'an IPv4 or IPv6 address')
}

function networkFault(text: string): Fault | undefined {
  if (parseNetwork(text) !== undefined) return undefined
  const around = networkAround(text)
  if (around !== undefined) {
    return {
      what: `"${text}" has host bits set`,
      hint: `the network is "${formatPrefix(around)}"`,
    }
  }
  const hint = parseAddress(text) && `one address is "${text}/${text.includes(':') ? 128 : 32}"`
  return not(text, 'a network like "10.200.0.0/16"', hint)
}

function endpointFault(text: string): Fault | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([0-9]+)$/.exec(text)
  const family = match?.[1] === undefined ? 'ipv4' : 'ipv6'
  const address = parseAddress(match?.[1] ?? match?.[2] ?? '')
  if (address?.family !== family) {
    return not(text, 'an address and a port like "127.0.0.1:8444" or "[::]:8443"')
  }
  return portFault(match?.[3] ?? '')
}

function hostnameFault(text: string): Fault | undefined {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i
  const isName = text.length <= 253 && text.split('.').every((part) => label.test(part))
  return isName ? undefined : not(text, 'a host name')
}

function httpsFault(text: string): Fault | undefined {
  return bareUrlFault(text, 'https:', 'an address like "https://hub1.example.org:8443"')
}

function proxyFault(text: string): Fault | undefined {
  return bareUrlFault(text, 'http:', 'an address like "http://10.1.2.3:3128"')
}

/** Scheme, host and port, and nothing that would be silently dropped. */
function bareUrlFault(text: string, scheme: string, noun: string): Fault | undefined {
  const url = URL.parse(text)
  if (url?.protocol !== scheme || /[\s\\]/.test(text)) return not(text, noun)
  if (url.port === '0') return portFault('0')
  if (url.username !== '' || url.password !== '') {
    return { what: `"${url.origin}" is given with a user name`, hint: 'leave it out' }
  }
  if (url.pathname !== '/' || /[?#]/.test(text)) {
    return { what: `"${text}" has more than a host and a port`, hint: `write "${url.origin}"` }
  }
  return undefined
}

function databaseFault(text: string): Fault | undefined {
  if (text === 'sqlite') return undefined
  const url = URL.parse(text)
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    return not(text, '"sqlite" or a URL like "postgres://user@host/db"')
  }
  if (url.password === '') return undefined
  return {
    what: 'the URL holds a password, which every reader of this file sees',
    hint: 'put it into a .pgpass file',
  }
}

function trafficFault(text: string): Fault | undefined {
  const match = /^(?:icmp|(?:tcp|udp)\/([0-9]+)(?:-([0-9]+))?)$/.exec(text)
  if (match === null) return not(text, 'like "tcp/9618", "udp/1024-65535" or "icmp"')
  const [, first, last] = match
  if (first === undefined) return undefined
  return portFault(first) ?? (last === undefined ? undefined : rangeFault(first, last))
}

function rangeFault(first: string, last: string): Fault | undefined {
  if (portFault(last) !== undefined) return portFault(last)
  if (Number(first) < Number(last)) return undefined
  if (first === last)
    return { what: `range "${first}-${last}" is one port`, hint: `write "${first}"` }
  return { what: `range "${first}-${last}" runs backwards`, hint: `write "${last}-${first}"` }
}

function portFault(text: string): Fault | undefined {
  const isPort = /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65535
  return isPort ? undefined : { what: `"${text}" is not a port (1 to 65535)` }
}

function durationFault(text: string): Fault | undefined {
  if (parseDuration(text) !== undefined) return undefined
  return not(text, 'a duration', 'a number above 0 and one of ms, s, m, h, d, w, y: "90s", "7d"')
}

/** Timers hold 31 bits of milliseconds; a day is more than anything here needs. */
function timeoutFault(text: string): Fault | undefined {
  const duration = parseDuration(text)
  if (duration === undefined) return durationFault(text)
  return duration <= 86_400_000 ? undefined : { what: `"${text}" is longer than a day` }
}

function rateFault(text: string): Fault | undefined {
  if (parseRate(text) !== undefined) return undefined
  return not(text, 'a rate', 'bits a second: "500Mbit", "20M", "2.5Gbit"')
}

function sizeFault(text: string): Fault | undefined {
  if (parseSize(text) !== undefined) return undefined
  return not(text, 'a size', 'bytes: "64KiB", "1MiB", "512B"')
}

function modeFault(text: string): Fault | undefined {
  return /^0?[0-7]{3}$|^[0-7]{4}$/.test(text)
    ? undefined
    : not(text, 'an octal mode', 'three or four digits of 0 to 7, in quotes: "0644"')
}

function ownerFault(text: string): Fault | undefined {
  const name = '([a-zA-Z_][a-zA-Z0-9_.-]{0,31}|[0-9]{1,10})'
  return new RegExp(`^${name}(:${name})?$`).test(text)
    ? undefined
    : not(text, 'an owner like "munge" or "root:munge"')
}

function nodePathFault(text: string): Fault | undefined {
  if (hasControls(text)) return { what: 'the path has control characters' }
  if (!text.startsWith('/')) return not(text, 'an absolute path')
  if (text.endsWith('/')) return not(text, "a file's path", 'it ends in "/"')
  return plainPartsFault(text, text.slice(1).split('/'))
}

function ownPathFault(text: string): Fault | undefined {
  if (hasControls(text)) return { what: 'the path has control characters' }
  if (text === '' || text.startsWith('/')) {
    return not(text, 'a path in the configuration folder', 'relative to the folder: "files/motd"')
  }
  const parts = text.split('/')
  if (parts.includes('..')) return { what: `"${text}" leads out of the configuration folder` }
  return plainPartsFault(text, parts)
}

function plainPartsFault(text: string, parts: readonly string[]): Fault | undefined {
  const odd = parts.find((part) => part === '' || part === '.' || part === '..')
  if (odd === undefined) return undefined
  return {
    what: `"${text}" has ${odd === '' ? '"//"' : `the part "${odd}"`}`,
    hint: 'write it plainly',
  }
}

function lineFault(text: string): Fault | undefined {
  if (hasControls(text)) return { what: 'a name is one line without control characters' }
  return text.trim() === text ? undefined : { what: `"${text}" begins or ends with a space` }
}

function argumentFault(text: string): Fault | undefined {
  return text.includes('\0') ? { what: 'no argument can hold a NUL character' } : undefined
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text)
}

function not(text: string, noun: string, hint?: string): Fault {
  const what = `"${text}" is not ${noun}`
  return hint === undefined ? { what } : { what, hint }
}
