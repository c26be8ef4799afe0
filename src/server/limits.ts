import { parseDuration, parseSize } from '../profile/quantity.ts'
import type { Profile } from '../profile/types.ts'

/** What a peer may cost: bytes, and milliseconds. */
export interface Limits {
  readonly body: number
  readonly headers: number
  readonly headerTimeout: number
  readonly requestTimeout: number
  readonly idleTimeout: number
  readonly connections: number
}

export function limitsOf({ centre }: Profile): Limits {
  const { limits } = centre.server
  return {
    body: known(parseSize(limits.body)),
    headers: known(parseSize(limits.headers)),
    headerTimeout: known(parseDuration(limits['header-timeout'])),
    requestTimeout: known(parseDuration(limits['request-timeout'])),
    idleTimeout: known(parseDuration(limits['idle-timeout'])),
    connections: limits.connections,
  }
}

/** The schema's formats let nothing else through. */
function known(value: number | undefined): number {
  if (value === undefined) throw new Error('a limit is no quantity')
  return value
}
