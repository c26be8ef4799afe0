import type { Machine } from '../../apply/machine.ts'
import { type TransactionOptions, transact } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import type { CommandStep } from '../../plan/step.ts'

export interface Aside {
  from: string
  to: string
}

/**
 * Units and cloud images join whoever has a join.yaml. One that has left keeps it, where nothing looks for it: who writes a new one, or
 * puts this one back, means it.
 */
export async function asideOf(machine: Machine, configDir: string): Promise<Aside | undefined> {
  const from = `${configDir}/join.yaml`
  const isThere = (await machine.readFile(from)) !== undefined
  return isThere ? { from, to: `${from}.left` } : undefined
}

export function planSetAside({ from, to }: Aside): CommandStep {
  return {
    ...{ kind: 'command', reason: 'not to join again at the next boot' },
    argv: ['mv', '-f', '--', from, to],
    undo: [{ argv: ['mv', '-n', '--', to, from], tolerate: [1] }],
  }
}

/** What became of it, where it cannot be moved: a file system that is read-only, or a mount of its own. */
export async function setAside(aside: Aside, context: TransactionOptions): Promise<string[]> {
  try {
    await transact(context, (run) => run.apply([planSetAside(aside)]))
    return []
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code !== 'step-failed') throw error
    return [`this machine will join again by "${aside.from}": ${error.message}`]
  }
}
