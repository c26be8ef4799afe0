import { setTimeout as sleep } from 'node:timers/promises'
import type { Server } from '../server.ts'
import { writeToSyslog } from './syslog.ts'
import { type Sent, sendNext, type WriteLines } from './syslog-send.ts'

interface Following {
  signal: AbortSignal
  write?: WriteLines
}

const pollMs = 1000
const longestPauseMs = 60_000

/**
 * Gives each entry of the audit to syslog, where the centre wants that, until the signal. How far it came is kept in
 * the store: no entry is lost, by a restart or by a log that is away, though one may come twice. Of several servers
 * one does it.
 */
export async function followToSyslog(
  server: Server,
  { signal, write = writeToSyslog }: Following,
): Promise<void> {
  let fault: string | undefined
  let pause = pollMs
  while (!signal.aborted) {
    const sent = await trySending(server, write)
    const now = 'fault' in sent ? sent.fault : undefined
    tell(server, fault, now)
    fault = now
    pause = fault === undefined ? pollMs : Math.min(pause * 2, longestPauseMs)
    if (!('outcome' in sent) || sent.outcome === 'done')
      await sleep(pause, undefined, { signal }).catch(() => {})
  }
}

/** A store that is away, too, is there again later. */
async function trySending(server: Server, write: WriteLines): Promise<Sent> {
  if (!server.profile().centre.server.audit.syslog) return { outcome: 'done' }
  try {
    return await sendNext(server, write)
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

function tell({ log }: Server, before: string | undefined, now: string | undefined): void {
  if (now !== undefined && before === undefined)
    log.error(`syslog does not take the audit, which is sent again later: ${now}`)
  if (now === undefined && before !== undefined) log.info('syslog takes the audit again')
}
