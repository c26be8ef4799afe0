import { DynfarmError } from '../errors.ts'
import type { Argv } from '../plan/step.ts'
import { renderArgv } from '../plan/text.ts'
import { describeEnd, lastLines } from './failure.ts'
import type { Machine } from './machine.ts'
import { isDone } from './perform.ts'

/** The routes of ten thousand nodes as JSON are some megabytes. */
const READING_LIMIT = 64 * 1024 * 1024

interface ObserveOptions {
  machine: Machine
  /** Exit codes besides 0 that say there is nothing to read. */
  tolerate?: readonly number[] | undefined
  signal?: AbortSignal
  timeoutMs?: number
}

/** Runs a command that only reads, and returns its output. */
export async function observe(argv: Argv, options: ObserveOptions): Promise<string> {
  const { machine, tolerate, ...limits } = options
  const outcome = await machine.run({ argv, outputLimit: READING_LIMIT, ...limits })
  const done = isDone(outcome, tolerate)
  if (done && outcome.cut !== true) return outcome.stdout
  const why = done ? 'printed more than can be read' : describeEnd(outcome)
  throw new DynfarmError(
    'command-failed',
    `"${renderArgv(argv)}" ${why}${lastLines(outcome.stderr)}`,
  )
}

/** For `ip -json …` and `nft -j …`; ip prints nothing at all where there is nothing to list. */
export async function observeJson(argv: Argv, options: ObserveOptions): Promise<unknown> {
  const text = await observe(argv, options)
  if (text.trim() === '') return []
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `"${renderArgv(argv)}" printed something that is not JSON`
    throw new DynfarmError('command-failed', message, { cause: error })
  }
}
