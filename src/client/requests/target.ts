import { isIP } from 'node:net'
import { DynfarmError } from '../../errors.ts'

/** Where to connect to. */
export interface Target {
  /** As it is shown: `https://hub1.example.org:8443`. */
  name: string
  /** Without brackets. */
  host: string
  port: number
}

/** What machines dial: `https://HOST[:PORT]` and nothing else. */
export function parseServerUrl(text: string): Target {
  return parse(text, { protocol: 'https:', port: 443, example: 'https://hub1.example.org:8443' })
}

export function parseProxyUrl(text: string): Target {
  return parse(text, { protocol: 'http:', port: 80, example: 'http://proxy.example.org:3128' })
}

interface Form {
  protocol: string
  port: number
  example: string
}

/** A name and a password would be shown and logged with the URL, so there are none. */
function parse(text: string, { protocol, port, example }: Form): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url !== undefined && `${url.origin}/` === url.href && url.protocol === protocol
  if (!isPlain) {
    const shown = url === undefined ? text : withoutSecrets(url)
    const more = url === undefined || shown === url.href ? '' : ': it has more, as a password'
    throw new DynfarmError('usage', `"${shown}" is not of the form ${example}${more}`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return { name: url.origin, host, port: Number(url.port || port) }
}

function withoutSecrets(url: URL): string {
  const shown = new URL(url)
  for (const part of ['username', 'password', 'search', 'hash'] as const) shown[part] = ''
  return shown.href
}

/** `HOST:PORT`, an IPv6 address in brackets. */
export function authorityForm({ host, port }: Target): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}
