import { DynfarmError, type ErrorCode } from '../../errors.ts'
import { cleanLine } from '../../protocol/hostile.ts'

/** Why one line did not do. */
export interface Failure {
  line: string
  error: unknown
}

const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  ETIMEDOUT: 'timeout',
  ENETUNREACH: 'no route to it',
  EHOSTUNREACH: 'no route to it',
  ENOTFOUND: 'name not found',
  ENODATA: 'name not found',
  EAI_AGAIN: 'no name server answers',
  EACCES: 'not permitted here',
  EPERM: 'not permitted here',
  EADDRNOTAVAIL: 'no address here to reach it from',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'TLS: it does not speak version 1.3',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'TLS: it does not speak version 1.3',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
}

/** Our own, beside those of the system. */
export class TimeoutError extends Error {
  readonly code = 'ETIMEDOUT'
}

export class BrokenError extends Error {
  readonly code = 'ECONNRESET'
}

/** So ends a kept connection that the other side has closed. */
export function isBroken(error: unknown): boolean {
  const { code } = (error ?? {}) as Fault
  return code === 'ECONNRESET' || code === 'EPIPE'
}

/** In a few words; what is no fault of the network is undefined, and a bug. */
export function describeFault(error: unknown): string | undefined {
  if (error instanceof DynfarmError) return error.message
  const { code, reason } = (error ?? {}) as Fault
  if (typeof code !== 'string') return undefined
  if (words[code] !== undefined) return words[code]
  if (code.startsWith('HPE_')) return 'what it answers is not HTTP'
  if (/^ERR_(SSL|TLS)_|^EPROTO$/.test(code)) return `TLS: ${cleanLine(reason ?? code)}`
  return /^E[A-Z]+$/.test(code) ? code : undefined
}

interface Fault {
  code?: unknown
  reason?: string
}

/** In TLS 1.3 a server says only after the handshake that it does not like the client's certificate. */
export function isCertificateAlert(error: unknown): boolean {
  const { code } = (error ?? {}) as Fault
  return (
    typeof code === 'string' &&
    /^ERR_SSL_\w*ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)$/.test(
      code,
    )
  )
}

/** What counts most comes first: a distrusted server is told even where another one is just away. */
const weight: readonly ErrorCode[] = [
  'server-not-trusted',
  'clock-wrong',
  'proxy-refused',
  'server-busy',
]

/** The one error for all lines that failed. */
export function summarise(failures: readonly Failure[]): DynfarmError {
  const known = failures.map(({ error }) => error).filter((error) => error instanceof DynfarmError)
  const worst = weight
    .map((code) => known.find((error) => error.code === code))
    .find((error) => error !== undefined)
  const others = failures.filter(({ error }) => error !== worst).map(describeFailure)
  const { code, message, hint, details } = worst ?? {
    code: 'server-unreachable' as const,
    message: 'no server answers',
  }
  const whole = others.length === 0 ? message : `${message}: ${others.join('; ')}`
  const tried = failures.map(({ line, error }) => ({ server: line, why: describeFault(error) }))
  return new DynfarmError(code, whole, {
    ...(hint !== undefined && { hint }),
    details: { ...details, tried },
  })
}

function describeFailure({ line, error }: Failure): string {
  return `"${line}" (${describeFault(error) ?? 'failed'})`
}
