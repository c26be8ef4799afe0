import { renderAction, renderStep } from '../plan/render.ts'
import type { Step } from '../plan/step.ts'
import { checkSteps } from './check.ts'
import type { Context } from './context.ts'
import { type Entry, withoutUndo } from './entry.ts'
import { afterUndo, failureOf } from './failure.ts'
import { Journal } from './journal.ts'
import { endJournal } from './journal-end.ts'
import { hashOf, storeFile } from './journal-format.ts'
import type { Undo } from './journal-line.ts'
import { lockState } from './lock.ts'
import type { Machine } from './machine.ts'
import { contentBytes, performStep } from './perform.ts'
import { keepRecord } from './record.ts'
import { recoverOrThrow } from './recover.ts'
import { scrubberFor } from './scrub.ts'
import type { StatePaths } from './state.ts'
import { undoEntries } from './undo.ts'

export interface TransactionOptions extends Context {
  /** The state folder, where the journal is kept. */
  state: string
}

/** What a run does with the machine: plan, apply, observe, plan. */
export interface Run {
  /** All of the Steps or none: on a failure what they changed is undone, and it throws. */
  apply(steps: readonly Step[], options?: RunOptions): Promise<void>
  /** What was applied so far stays, whatever fails later. */
  commit(): Promise<void>
}

export interface RunOptions {
  /** Keep what would undo these Steps in the record, for undoRecord some day. */
  record?: boolean | undefined
}

/**
 * One run under the lock: first the undo of a run that was killed, then the plans that `work` applies,
 * of which all stay or, when it throws, none since the last commit.
 */
export async function transact<T>(
  options: TransactionOptions,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const lock = lockState(options.state)
  try {
    await recoverOrThrow(lock.paths, options)
    return await runLocked(lock.paths, options, work)
  } finally {
    lock.release()
  }
}

/** For who holds the lock and knows that no journal is open. */
export async function runLocked<T>(
  paths: StatePaths,
  context: Context,
  work: (run: Run) => Promise<T>,
): Promise<T> {
  const run = new Transaction(paths, context)
  try {
    const result = await work(run)
    await run.commit()
    return result
  } catch (error) {
    throw await run.undo(error)
  }
}

class Transaction implements Run {
  readonly #paths: StatePaths
  readonly #context: Context
  #journal: Journal

  constructor(paths: StatePaths, context: Context) {
    this.#paths = paths
    this.#context = context
    this.#journal = Journal.begin(paths.journal)
  }

  async apply(steps: readonly Step[], { record = false }: RunOptions = {}): Promise<void> {
    checkSteps(steps)
    const scrub = scrubberFor(steps)
    const onStart = (pid: number) => this.#journal.noteRunning(pid)
    const first = this.#journal.entries.length
    try {
      for (const step of steps) {
        this.#context.log?.info(renderStep(step))
        const entry = await this.#begin(step, record)
        await performStep(step, { ...this.#context, scrub, onStart })
        if (entry !== undefined) this.#journal.mark(entry, 'done')
      }
    } catch (error) {
      throw await this.#undoSince(first, error)
    }
  }

  async commit(): Promise<void> {
    this.#journal.commit()
    await keepRecord(this.#paths, this.#journal)
    endJournal(this.#journal)
    this.#journal = Journal.begin(this.#paths.journal)
  }

  /** Returns what to throw. */
  async undo(error: unknown): Promise<unknown> {
    // What is committed but could not be put on record is finished by the next run.
    if (this.#journal.committed) return error
    const failure = await this.#undoSince(0, error)
    endJournal(this.#journal)
    return failure
  }

  /** A wait changes nothing, so there is nothing to note. */
  async #begin(step: Step, keep: boolean): Promise<Entry | undefined> {
    if (step.kind === 'wait') return undefined
    try {
      const undo = await undoOf(step, this.#context.machine)
      return this.#journal.begin({ text: renderAction(step), keep, undo })
    } catch (error) {
      throw failureOf(step, error)
    }
  }

  async #undoSince(first: number, error: unknown): Promise<unknown> {
    const entries = this.#journal.entries.slice(first)
    const { machine, log } = this.#context
    const notUndone = withoutUndo(entries)
    const problems = await undoEntries(entries, {
      ...{ machine, log, journal: this.#journal },
      ...{ foreignFiles: 'overwrite', rebooted: false },
    })
    return afterUndo(error, problems, notUndone)
  }
}

async function undoOf(step: Exclude<Step, { kind: 'wait' }>, machine: Machine): Promise<Undo> {
  if (step.kind === 'command') return { kind: 'command', commands: step.undo ?? [] }
  const before = await machine.readFile(step.path)
  return {
    kind: 'file',
    path: step.path,
    before: before === undefined ? null : storeFile(before),
    after: step.content === null ? null : hashOf(contentBytes(step.content)),
  }
}
