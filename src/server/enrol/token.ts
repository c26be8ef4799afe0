import { hashSecret, matchesHash, type Token } from '../../pki/token.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { ProblemCode } from '../../protocol/problems.ts'
import type { TokenRecord } from '../../protocol/records.ts'
import { isWithin } from './places.ts'

/** Compared with when there is no such token, so that this takes as long as a wrong secret does. */
const nobodys = hashSecret(Buffer.alloc(32))

export function knowsSecret(
  { secret }: Token,
  token: TokenRecord | undefined,
): token is TokenRecord {
  const matches = matchesHash(secret, token?.secretHash ?? nobodys)
  return matches && token !== undefined
}

export interface Fault {
  readonly code: ProblemCode
  readonly detail: string
}

/** Why a token is not for this machine, whatever is left of it. */
export function misuseOf(
  token: TokenRecord,
  { kind, address }: { kind: RequestOf<'join'>['kind']; address: string },
): Fault | undefined {
  if (token.revoked !== null) return { code: 'token-revoked', detail: 'this token was revoked' }
  if (token.closed !== null) {
    const detail = 'this token is closed since the store of the server was restored'
    return { code: 'token-closed', detail }
  }
  if (!takes[kind](token.role)) {
    const detail = `this token is for a ${token.role}, not for a ${kind}`
    return { code: 'token-other-kind', detail }
  }
  if (token.sources.length > 0 && !isWithin(address, token.sources)) {
    const detail = `this token may not be used from "${address}"`
    return { code: 'token-elsewhere', detail }
  }
  return undefined
}

/** `dynfarm join` makes a machine whatever its token says. */
const takes: Record<RequestOf<'join'>['kind'], (role: TokenRecord['role']) => boolean> = {
  machine: (role) => role !== 'job',
  hub: (role) => role === 'hub',
  job: (role) => role === 'job',
}

/** Why nothing is left of a token. */
export function endOf(token: TokenRecord, at: number): Fault | undefined {
  if (token.expires <= at) {
    const detail = `this token expired at ${new Date(token.expires).toISOString()}`
    return { code: 'token-expired', detail }
  }
  if (token.used >= token.uses) {
    const detail = `this token was for ${token.uses} uses, and all are made`
    return { code: 'token-used-up', detail }
  }
  return undefined
}
