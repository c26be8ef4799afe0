import { canonicalPrefix, familyOf } from '../../src/address.ts'
import { parsePairs, type Words } from './network-host-words.ts'

export interface ModelDevice {
  group: string
  mtu: number
  up: boolean
  kind?: string
  data?: Record<string, unknown>
}

export interface ModelAddress {
  dev: string
  local: string
  prefixlen: number
  metric?: number
}

export interface ModelRoute {
  family: string
  type: string
  dst: string
  table: string
  protocol: string
  metric: number
  dev?: string
  prefsrc?: string
  mtu?: number
}

export type ModelRule = Record<
  'family' | 'from' | 'iif' | 'table' | 'priority' | 'protocol',
  string
>

export function parseRoute(words: Words): ModelRoute {
  const closed = words[0] === 'unreachable'
  const [to = '', ...rest] = closed ? words.slice(1) : words
  const family = familyOf(to)
  const size = rest.indexOf('mtu')
  const [mtu] = size === -1 ? [] : rest.slice(size + 2)
  const plain = size === -1 ? rest : rest.slice(0, size)
  const pairs = parsePairs(plain, ['dev', 'table', 'proto', 'metric', 'src'])
  const [dev, prefsrc] = [pairs.get('dev'), pairs.get('src')]
  return {
    family,
    type: closed ? '7' : '1',
    dst: canonicalPrefix(to),
    table: pairs.get('table') ?? '254',
    protocol: pairs.get('proto') ?? '3',
    metric: Number(pairs.get('metric') ?? (family === 'ipv6' ? 1024 : 0)),
    ...(dev !== undefined && { dev }),
    ...(prefsrc !== undefined && { prefsrc }),
    ...(mtu !== undefined && { mtu: Number(mtu) }),
  }
}

export function vxlanData(words: Words): Record<string, unknown> {
  const pairs = parsePairs(
    words,
    ['id', 'dstport', 'local', 'remote', 'ttl', 'dev'],
    ['nolearning'],
  )
  const ends = { local: pairs.get('local'), remote: pairs.get('remote'), link: pairs.get('dev') }
  const numbers = { id: Number(pairs.get('id')), port: Number(pairs.get('dstport')) }
  return { ...ends, ...numbers, ttl: Number(pairs.get('ttl')), learning: !pairs.has('nolearning') }
}

export function greData(kind: string, words: Words): Record<string, unknown> {
  const hops = kind === 'ip6gre' ? 'hoplimit' : 'ttl'
  const more = kind === 'ip6gre' ? ['encaplimit'] : []
  const pairs = parsePairs(words, ['local', 'remote', 'key', 'dev', hops, ...more])
  const key = pairs.get('key')
  const dotted = key === undefined ? undefined : dottedKey(Number(key))
  const ends = { local: pairs.get('local'), remote: pairs.get('remote'), link: pairs.get('dev') }
  return { ...ends, ttl: Number(pairs.get(hops)), ikey: dotted, okey: dotted }
}

function dottedKey(key: number): string {
  return [24, 16, 8, 0].map((shift) => (key >>> shift) & 255).join('.')
}
