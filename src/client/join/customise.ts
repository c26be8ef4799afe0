import type { Machine } from '../../apply/machine.ts'
import type { Run } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import { planSite } from '../../site/plan-site.ts'
import { observeSite } from '../observe-site.ts'
import { runChecks, runCommands } from '../site-commands.ts'
import { checksWanted, commandsWanted, siteWanted } from '../site-wanted.ts'
import type { NodeAnswer } from './reach.ts'
import type { Problem } from './state.ts'

interface Customising {
  machine: Machine
  run: Run
  /** The state folder, with the record of what files were before. */
  state: string
  /** Paths of files that earlier joins wrote. */
  formerFiles: readonly string[]
  signal?: AbortSignal | undefined
}

export interface Customised {
  changed: boolean
  /** What keeps the machine from being ready. */
  problems: Problem[]
}

/**
 * Everything in its order, each part kept as soon as it is done: what fails later takes nothing back of what
 * administrators need to mend it.
 */
export async function customise(whole: NodeAnswer, work: Customising): Promise<Customised> {
  const { site } = whole
  if (site === undefined) return { changed: false, problems: [] }
  const answer = { ...whole, site }
  const counting = countingRun(work.run)
  const problems: Problem[] = []
  const failed = await failureOf(async () => {
    await adapt(answer, { ...work, run: counting.run }, problems)
    await runCommands(commandsWanted(answer.site), { ...work, run: counting.run })
    problems.push(...(await checkAll(answer, work)))
  })
  problems.push(...failed)
  return { changed: counting.count() > 0 || failed.length > 0, problems }
}

/** What it fails with, unless the run itself has to end. */
async function failureOf(act: () => Promise<void>): Promise<Problem[]> {
  try {
    await act()
    return []
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code === 'interrupted') throw error
    return [problemOf(error)]
  }
}

type Whole = Parameters<typeof siteWanted>[0]

/** Keys that cannot be put in place keep the machine from being ready, as an sshd does that would not take them, and stop nothing. */
async function adapt(
  answer: Whole,
  { machine, run, state, formerFiles }: Customising,
  problems: Problem[],
): Promise<void> {
  const wanted = siteWanted(answer, formerFiles)
  const plan = planSite(wanted, await observeSite(wanted, { machine, state }))
  problems.push(...plan.problems.map(({ code, message }) => ({ code, step: 'ssh', message })))
  for (const { name, steps, record } of plan.parts) {
    if (steps.length === 0) continue
    const applying = () => run.apply(steps, { record })
    if (name === 'ssh') problems.push(...(await failureOf(applying)))
    else await applying()
  }
  if (plan.refusal !== undefined) throw plan.refusal
}

async function checkAll({ site }: Whole, { machine, signal }: Customising): Promise<Problem[]> {
  const results = await runChecks(checksWanted(site), { machine, signal })
  const failed = results.filter(({ passed }) => !passed)
  return failed.map(({ name, end }) => ({ code: 'check-failed', step: name, message: end }))
}

function problemOf({ code, message, details }: DynfarmError): Problem {
  const step = typeof details?.['step'] === 'string' ? details['step'] : code
  return { code, step, message }
}

/** Counts the Steps that were needed. A command is kept as soon as it ended well. */
function countingRun(run: Run): { run: Run; count(): number } {
  let done = 0
  return {
    run: {
      apply: async (steps, options) => {
        await run.apply(steps, options)
        done += steps.length
        await run.commit()
      },
      commit: () => run.commit(),
    },
    count: () => done,
  }
}
