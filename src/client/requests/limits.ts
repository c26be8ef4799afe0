import { type EndpointName, endpoints } from '../../protocol/endpoints.ts'

/** In milliseconds. */
export interface Limits {
  /** Until the server's certificate is checked, a proxy's part included. */
  connectMs: number
  /** Without a byte from the server. */
  idleMs: number
  /** All of it, every URL included. */
  totalMs: number
}

const usual: Limits = { connectMs: 10_000, idleMs: 20_000, totalMs: 120_000 }
/** An executable over a slow line. */
const bytesMs = 30 * 60_000

/** A server that was asked to wait for news may be silent that long. */
export function limitsFor(
  name: EndpointName,
  { waitMs, given }: { waitMs: number; given: Partial<Limits> },
): Limits {
  const endpoint = endpoints[name]
  const isFile = [endpoint].some(
    (one) =>
      ('answer' in one && one.answer === 'bytes') || ('request' in one && one.request === 'bytes'),
  )
  const limits = { ...usual, ...(isFile && { totalMs: bytesMs }), ...given }
  return { ...limits, idleMs: limits.idleMs + waitMs, totalMs: limits.totalMs + waitMs }
}
