import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError, type ErrorCode } from '../../errors.ts'
import type { QueryOf } from '../../protocol/endpoints.ts'
import type { Client } from '../requests.ts'
import { type AdminContext, openAccess } from './access.ts'
import { checkAsk } from './ask.ts'
import { type AuditLine, cleanAuditLine } from './audit-text.ts'
import { parseMoment } from './times.ts'
import { numberOf } from './tokens.ts'

type AuditQuery = QueryOf<'audit'>

/** As they stand on the command line. */
export interface AuditOptions {
  address: string | undefined
  port: string | undefined
  at: string | undefined
  node: string | undefined
  limit: string | undefined
}

export function auditQuery(options: AuditOptions, now: Date): AuditQuery {
  const { address, port, at, node, limit } = options
  return {
    ...(address !== undefined && { address }),
    ...(port !== undefined && { port: `${numberOf('--port', port)}` }),
    ...(at !== undefined && { at: `${parseMoment(at, now)}` }),
    ...(node !== undefined && { node }),
    ...(limit !== undefined && { limit: `${numberOf('--limit', limit)}` }),
  }
}

export interface Following extends AdminContext {
  signal: AbortSignal
  onLines(lines: readonly AuditLine[]): void
}

/** The newest lines, then each as it comes, until the signal. A server that goes away is waited for. */
export async function followAudit(query: AuditQuery, following: Following): Promise<never> {
  checkAsk('audit', { query })
  const { client } = await openAccess(following)
  try {
    const { signal, onLines } = following
    const first = await client.request('audit', { query, signal })
    onLines(first.lines.map(cleanAuditLine))
    for (let after = first.next; ; ) {
      const wait = { ...query, after: `${after}`, wait: waitSeconds }
      const { lines, next } = await patiently(client, wait, following)
      onLines(lines.map(cleanAuditLine))
      after = next
      if (lines.length === 0) await pause(idlePauseMs, signal)
    }
  } finally {
    client.close()
  }
}

const waitSeconds = '30'
/** A server that is about to end answers at once, and with nothing. */
const idlePauseMs = 200
const firstPauseMs = 500
const longestPauseMs = 15_000

async function patiently(client: Client, query: AuditQuery, { signal, log }: Following) {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return await client.request('audit', { query, signal })
    } catch (error) {
      if (!(error instanceof DynfarmError) || !passing.has(error.code)) throw error
      if (pauseMs === firstPauseMs) log.warn(`${error.message}; trying again until it answers`)
      await pause(pauseMs, signal)
    }
  }
}

const passing: ReadonlySet<ErrorCode> = new Set([
  'server-not-running',
  'server-unreachable',
  'server-busy',
  'server-failed',
  'too-many-requests',
  'too-slow',
])

/** The next request says so when it was interrupted. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}
