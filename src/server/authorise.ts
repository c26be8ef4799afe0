import type { Endpoint } from '../protocol/endpoint.ts'
import type { Caller } from './call.ts'
import { Refusal } from './refusal.ts'

export type Authority = 'hub' | 'node' | 'admin'

const authorityOf = {
  node: 'node',
  job: 'node',
  hub: 'hub',
  service: 'hub',
  viewer: 'admin',
  operator: 'admin',
  admin: 'admin',
} as const

/** The authorities whose certificates an endpoint looks at; none where anyone may call. */
export function authoritiesOf({ callers }: Endpoint): Authority[] {
  const found = callers.flatMap((kind) =>
    kind === 'anyone' || kind === 'token' ? [] : [authorityOf[kind]],
  )
  return [...new Set(found)]
}

/** Refuses a caller of a kind that the endpoint is not for. */
export function authorise(endpoint: Endpoint, caller: Caller): void {
  const { callers } = endpoint
  if (callers.includes(caller.kind) || authoritiesOf(endpoint).length === 0) return
  if (caller.kind === 'anyone')
    throw new Refusal('certificate-refused', 'this call needs a client certificate')
  if ('actor' in caller)
    throw new Refusal('not-allowed', `this is for the rank ${callers.join(' or ')}`)
  throw new Refusal('certificate-refused', `this is not for a ${caller.kind}`)
}
