import { transact } from '../../../src/apply/transaction.ts'
import { undoRecord } from '../../../src/apply/undo-record.ts'
import { observeSite } from '../../../src/client/observe-site.ts'
import type { Step } from '../../../src/plan/step.ts'
import { planSite, type SitePlan } from '../../../src/site/plan-site.ts'
import type { SiteWanted } from '../../../src/site/wanted.ts'
import type { Rooted } from './rooted.ts'

export const nothingMuch: SiteWanted = {
  node: { name: 'aruba-1', fqdn: 'aruba-1.example.org', addresses: ['10.200.1.1'] },
  hostname: 'keep',
  hosts: [{ address: '10.200.1.1', names: ['aruba-1.example.org', 'aruba-1'] }],
  admins: [],
  hubs: ['10.200.0.1'],
  files: [],
  formerFiles: [],
}

export async function planFor(
  wanted: SiteWanted | undefined,
  machine: Rooted,
): Promise<SitePlan & { steps: Step[] }> {
  const plan = planSite(wanted, await observeSite(wanted, { machine, state: machine.state }))
  return { ...plan, steps: plan.parts.flatMap(({ steps }) => steps) }
}

export async function join(wanted: SiteWanted, machine: Rooted): Promise<SitePlan> {
  const plan = await planFor(wanted, machine)
  await transact({ machine, state: machine.state }, async (run) => {
    for (const { steps, record } of plan.parts) {
      await run.apply(steps, { record })
      await run.commit()
    }
    if (plan.refusal !== undefined) throw plan.refusal
  })
  return plan
}

/** First what is on record, then the blocks. */
export async function leave(machine: Rooted): Promise<string[]> {
  const { problems } = await undoRecord({ machine, state: machine.state })
  const { steps } = await planFor(undefined, machine)
  await transact({ machine, state: machine.state }, (run) => run.apply(steps))
  return problems
}
