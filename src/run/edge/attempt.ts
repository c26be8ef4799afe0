import { once } from 'node:events'
import { type Child, readEnd, writeEnd } from './child.ts'

/** What was started where a job will be, and is over. */
export interface Attempt {
  code: number
  /** On standard error, its last part. */
  said: string
}

/** A shell is told what to become, as the job is: so it arrives byte for byte. */
export async function endOf(child: Child, line: Uint8Array, signal: AbortSignal): Promise<Attempt> {
  readEnd(child.process, 1).resume()
  writeEnd(child.process, 0).end(line)
  // What was started ends with the job's namespaces, or by its mark.
  await Promise.race([child.ended, once(signal, 'abort')])
  const { exitCode } = child.process
  return { code: exitCode ?? KILLED, said: child.said() }
}

const KILLED = 137
