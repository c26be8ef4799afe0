import { MiB } from '../../protocol/size.ts'
import type { Sink } from '../channel-output.ts'
import type { FarCommand } from '../far-side/command.ts'
import { type Input, telling } from '../input.ts'
import type { Outcome } from '../outcome.ts'
import { runCommand } from '../run-command.ts'
import type { Session } from '../session/session.ts'
import { nameOf, shown } from './names.ts'

/** The account that a copy is done as. */
export type As = Pick<FarCommand, 'sudo' | 'as'>

export interface FarOptions {
  as: As
  /** Milliseconds for all of it. */
  timeout: number | undefined
  signal: AbortSignal
  again(): Promise<Session>
}

export interface Step {
  words: readonly string[]
  cwd?: string
  input?: Input
  /** Takes standard output; what it throws ends the step. */
  take?(bytes: Buffer): Promise<void>
}

export interface Answer {
  outcome: Outcome
  /** One character a byte, where nothing else took it. */
  stdout: string
  stderr: string
}

/** The commands that one copy consists of, one after the other on one connection, under one deadline. */
export class Far {
  readonly #session: Session
  readonly #options: FarOptions
  readonly #begin = performance.now()

  constructor(session: Session, options: FarOptions) {
    this.#session = session
    this.#options = options
  }

  async run(step: Step): Promise<Answer> {
    const { as, again, signal } = this.#options
    const stop = new AbortController()
    const state: StepState = { stdout: [], stderr: [], bytes: 0 }
    const fail = (error: Error) => {
      state.error ??= error
      stop.abort()
    }
    const { words, cwd = '' } = step
    const running = runCommand(this.#session, {
      command: { ...as, words, cwd, env: ['LC_ALL=C'] },
      timeout: this.#left(),
      input: step.input && telling(step.input, fail),
      sink: sinkOf(step, state, fail),
      signal: AbortSignal.any([signal, stop.signal]),
      again,
    })
    this.#session.openAhead()
    const outcome = await running
    // The streams may have ended while the last of them is still being taken.
    await state.taking
    const [stdout, stderr] = [textOf(state.stdout), textOf(state.stderr)]
    return { outcome: judged(outcome, state.error, stderr), stdout, stderr }
  }

  #left(): number | undefined {
    const { timeout } = this.#options
    return timeout && Math.max(1, timeout - (performance.now() - this.#begin))
  }
}

interface StepState {
  stdout: Buffer[]
  stderr: Buffer[]
  bytes: number
  taking?: Promise<void>
  error?: Error
}

/** A far side that says more than this is not listened to. */
const mostSaid = 64 * MiB

function sinkOf(step: Step, state: StepState, fail: (error: Error) => void): Sink {
  return (bytes, stream) => {
    if (stream === 'stdout' && step.take !== undefined) {
      if (state.error === undefined) state.taking = step.take(bytes).catch(fail)
      return state.taking
    }
    state.bytes += bytes.length
    if (state.bytes > mostSaid) fail(new Error('it says too much'))
    else state[stream].push(Buffer.from(bytes))
    return undefined
  }
}

function textOf(chunks: readonly Buffer[]): string {
  return nameOf(Buffer.concat(chunks))
}

/** A step that did not do ends with what it said, and one that was ended from here with the reason. */
function judged(outcome: Outcome, error: Error | undefined, stderr: string): Outcome {
  if (error !== undefined && ['ok', 'failed', 'killed', 'skipped'].includes(outcome.class)) {
    const { killed: _, ...rest } = outcome
    return { ...rest, class: 'failed', reason: error.message }
  }
  if (outcome.class !== 'failed') return outcome
  const reason = wordsOf(stderr)
  return reason === '' ? outcome : { ...outcome, reason }
}

const longestReason = 500

function wordsOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !says.test(line))
  return [...new Set(lines)].map(shown).join('; ').slice(0, longestReason)
}

/** What tar adds to every error. */
const says = /Exiting with failure status|Error is not recoverable/
