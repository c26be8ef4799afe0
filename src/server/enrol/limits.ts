import { formatPrefix, network, parseAddress } from '../../address.ts'
import type { Server } from '../server.ts'
import { type Limiter, makeLimiter } from './limiter.ts'

/** What one source or one node may do in a while. A restart forgets it; nothing but patience depends on it. */
interface Limits {
  /** Secrets that were wrong, by where they came from. */
  readonly wrongSecrets: Limiter
  /** What a node itself makes the audit and the hubs hear of. */
  readonly changes: Limiter
  /** What the log is told again and again. */
  readonly sayings: Limiter
}

const limits = new WeakMap<Server, Limits>()

export function limitsOf(server: Server): Limits {
  const known = limits.get(server) ?? {
    wrongSecrets: makeLimiter({ burst: 20, everyMs: 10_000 }),
    changes: makeLimiter({ burst: 30, everyMs: 60_000 }),
    sayings: makeLimiter({ burst: 1, everyMs: 60_000 }),
  }
  limits.set(server, known)
  return known
}

/** Whoever has one IPv6 address has its whole network of 64 bits. */
export function sourceKey(address: string): string {
  const parsed = parseAddress(address)
  return parsed?.family === 'ipv6' ? formatPrefix(network(parsed, 64)) : address
}
