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
  try {
    const problems = await adapt(answer, { ...work, run: counting.run })
    await runCommands(commandsWanted(answer.site), { ...work, run: counting.run })
    const failed = await checkAll(answer, work)
    return { changed: counting.count() > 0, problems: [...problems, ...failed] }
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code === 'interrupted') throw error
    return { changed: true, problems: [problemOf(error)] }
  }
}

type Whole = Parameters<typeof siteWanted>[0]

async function adapt(
  answer: Whole,
  { machine, run, state, formerFiles }: Customising,
): Promise<Problem[]> {
  const wanted = siteWanted(answer, formerFiles)
  const { parts, problems } = planSite(wanted, await observeSite(wanted, { machine, state }))
  for (const { steps, record } of parts) {
    if (steps.length > 0) await run.apply(steps, { record })
  }
  return problems.map(({ code, message }) => ({ code, step: 'ssh', message }))
}

async function checkAll({ site }: Whole, { machine, signal }: Customising): Promise<Problem[]> {
  const results = await runChecks(checksWanted(site), { machine, signal })
  return results.flatMap(({ name, passed, code, output }) => {
    if (passed) return []
    const said = output === '' ? '' : `: ${output}`
    return [{ code: 'check-failed', step: name, message: `ended with exit code ${code}${said}` }]
  })
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
