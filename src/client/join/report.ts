import { DynfarmError } from '../../errors.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import { type Client, openClient } from '../requests.ts'
import type { Joined, Known, Work } from './joined.ts'
import type { Kept } from './state.ts'

type Report = RequestOf<'report'>

/** How it went. A server that does not hear it hears of the next join. */
export async function sendReport(work: Work, known: Known, joined: Joined): Promise<void> {
  const { log, signal, version } = work
  const client = clientOf(known.kept, known.secrets.key, log.warn)
  try {
    const body = reportOf(joined, { version, position: known.kept.answer.position })
    await client.request('report', { body, signal })
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code === 'interrupted') throw error
    log.warn(`the server was not told: ${error.message}`)
  } finally {
    client.close()
  }
}

/** Speaks as this machine. */
export function clientOf(kept: Kept, key: string, warn: (message: string) => void): Client {
  const { servers, pins, proxy, answer } = kept
  const credential = { certificate: answer.certificate, key }
  return openClient({ urls: servers, pins, proxy, credential, warn })
}

const MOST_PROBLEMS = 10

function reportOf(
  { state, rung, mtu, timings, problems, update }: Joined,
  { version, position }: { version: string; position: string },
): Report {
  const { report: _, ...phases } = timings
  return {
    ...{ state, version, position, timings: phases },
    ...(rung !== undefined && { rung }),
    ...(mtu !== undefined && { mtu }),
    ...(update !== undefined && { update }),
    problems: problems.slice(0, MOST_PROBLEMS).map(({ code, step, message }) => ({
      ...{ code, step: step.slice(0, LONGEST_LINE) },
      message: message.slice(0, LONGEST_TEXT),
    })),
  }
}

const LONGEST_LINE = 255
const LONGEST_TEXT = 2048
