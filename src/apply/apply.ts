import { DynfarmError } from '../errors.ts'
import { renderStep } from '../plan/render.ts'
import type { Step } from '../plan/step.ts'
import { quoteWord } from '../plan/text.ts'
import { checkSteps } from './check.ts'
import type { Context } from './context.ts'
import { lockState } from './lock.ts'
import { performStep } from './perform.ts'
import { isUnfinished } from './recover.ts'
import { scrubberFor } from './scrub.ts'
import { type RunOptions, runLocked, type TransactionOptions } from './transaction.ts'

export interface ApplyOptions extends TransactionOptions, RunOptions {
  /** Only tells what it would do. */
  dryRun?: boolean | undefined
}

/** Carries out one plan, all of it or none; an empty one touches nothing. More plans: see transact. */
export async function applyPlan(steps: readonly Step[], options: ApplyOptions): Promise<void> {
  checkSteps(steps)
  if (options.dryRun === true) return tellSteps(steps, options)
  if (steps.length === 0) return
  const lock = lockState(options.state)
  try {
    if (isUnfinished(lock.paths)) throw unfinished(options.state)
    await runLocked(lock.paths, options, (run) => run.apply(steps, options))
  } finally {
    lock.release()
  }
}

export interface Converged {
  done: Step[]
  /** What stopped it; nothing was undone. */
  failure?: DynfarmError
}

/** For a resident loop, which never undoes: it stops at a failure, and the next observation tells the rest. */
export async function convergePlan(steps: readonly Step[], context: Context): Promise<Converged> {
  checkSteps(steps)
  const scrub = scrubberFor(steps)
  const done: Step[] = []
  for (const step of steps) {
    try {
      context.log?.info(renderStep(step))
      await performStep(step, { ...context, scrub })
      done.push(step)
    } catch (error) {
      if (error instanceof DynfarmError) return { done, failure: kept(error) }
      throw error
    }
  }
  return { done }
}

function tellSteps(steps: readonly Step[], { log }: Context): void {
  for (const step of steps) log?.info(renderStep(step))
}

/** The plan was made from a machine that is about to change by the undo of the earlier run. */
function unfinished(state: string): DynfarmError {
  return new DynfarmError(
    'unfinished',
    `an earlier run left changes, noted in "${quoteWord(state)}"`,
  )
}

function kept({ code, message, cause, details }: DynfarmError): DynfarmError {
  const hint = 'nothing was undone; the next round goes on from here'
  return new DynfarmError(code, message, { hint, cause, ...(details && { details }) })
}
