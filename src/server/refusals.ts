import type { AuditEntry } from '../protocol/records.ts'
import type { Caller, Source } from './call.ts'
import { neighbourhood } from './peer.ts'
import type { Refusal } from './refusal.ts'
import { auditEntry, type Server } from './server.ts'

export interface RefusedRequest {
  /** Of the endpoint; absent where the request was for none. */
  endpoint?: string
  caller?: Caller | undefined
  source: Source | null
}

/** Puts refusals into the audit: a bounded number, so that nobody fills it, and a count of the others. */
export interface Refusals {
  note(refusal: Refusal, request: RefusedRequest): void
  /** Writes what is counted so far, and waits for all that is being written. */
  flush(): Promise<void>
}

type Books = Pick<Server, 'store' | 'metrics' | 'log' | 'now'>

/** Lines a minute. Who could prove who they are, or whose token is known, is not crowded out by those who could not. */
const most = { ofOneSource: 5, ofAll: 20 }
const windowMs = 60_000

export function makeRefusals({ store, metrics, log, now }: Books): Refusals {
  const windows = { known: makeWindow(), unknown: makeWindow() }
  const writing = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined

  const write = (entry: AuditEntry): void => {
    const written: Promise<void> = store
      .write((tx) => tx.audit.append(entry))
      .catch((error: Error) => log.warn(`a refusal is missing in the audit: ${error.message}`))
      .finally(() => writing.delete(written))
    writing.add(written)
  }
  const turn = (): void => {
    clearTimeout(timer)
    timer = undefined
    for (const window of Object.values(windows)) {
      const counts = window.begin()
      if (counts.size > 0) write(summary(counts, now()))
    }
  }

  return {
    note: (refusal, request) => {
      metrics.refused(refusal.code)
      timer ??= setTimeout(turn, windowMs).unref()
      const isKnown =
        (request.caller ?? nobody).kind !== 'anyone' || refusal.options.audit?.subject !== undefined
      const window = windows[isKnown ? 'known' : 'unknown']
      if (window.mayWrite(sourceKey(request), refusal.code)) write(lineOf(refusal, request, now()))
    },
    flush: async () => {
      turn()
      await Promise.all(writing)
    },
  }
}

const nobody: Caller = { kind: 'anyone' }

function sourceKey({ source }: RefusedRequest): string {
  return source === null ? '' : neighbourhood(source.address)
}

/** It remembers no more sources than it lets lines through, and no more counts than there are codes. */
function makeWindow() {
  let lines = new Map<string, number>()
  let left = most.ofAll
  let counts = new Map<string, number>()
  return {
    mayWrite: (source: string, code: string): boolean => {
      const written = lines.get(source) ?? 0
      if (left === 0 || written >= most.ofOneSource) {
        counts.set(code, (counts.get(code) ?? 0) + 1)
        return false
      }
      left -= 1
      lines.set(source, written + 1)
      return true
    },
    begin: (): ReadonlyMap<string, number> => {
      const before = counts
      lines = new Map()
      left = most.ofAll
      counts = new Map()
      return before
    },
  }
}

function lineOf(
  { code, message, options: { audit = {} } }: Refusal,
  { endpoint = 'none', caller = nobody, source }: RefusedRequest,
  time: number,
): AuditEntry {
  const { subject = null, site, detail } = audit
  return auditEntry({
    time,
    actor: actorOf(caller),
    action: 'refusal',
    subject,
    source: source?.address ?? null,
    outcome: code,
    addresses: source === null ? [] : [source.address],
    detail: { endpoint, why: message, ...(site !== undefined && { site }), ...detail },
  })
}

function actorOf(caller: Caller): string {
  switch (caller.kind) {
    case 'anyone':
      return 'anyone'
    case 'node':
    case 'job':
      return caller.node.name ?? caller.node.id
    case 'hub':
    case 'service':
      return caller.host.name
    default:
      return caller.actor
  }
}

function summary(counts: ReadonlyMap<string, number>, time: number): AuditEntry {
  return auditEntry({
    time,
    actor: 'server',
    action: 'refusal',
    outcome: 'counted',
    detail: { more: Object.fromEntries(counts) },
  })
}
