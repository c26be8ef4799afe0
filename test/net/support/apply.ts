import type { Machine } from '../../../src/apply/machine.ts'
import type { CommandStep, Text, UndoCommand } from '../../../src/plan/step.ts'

export async function runSteps(machine: Machine, steps: readonly CommandStep[]): Promise<void> {
  for (const { argv, input } of steps) await must(machine, { argv, ...(input && { input }) })
}

interface Break {
  at: number
  /** Whether the kernel has done the Step that breaks. */
  done: boolean
}

/** Breaks at one Step, and takes back what was done: that one leniently, those before strictly. */
export async function breakSteps(
  machine: Machine,
  steps: readonly CommandStep[],
  { at, done }: Break,
): Promise<void> {
  await runSteps(machine, steps.slice(0, done ? at + 1 : at))
  for (const command of steps[at]?.undo ?? []) await machine.run(plain(command))
  for (const { undo = [] } of steps.slice(0, at).toReversed()) {
    for (const command of undo) await must(machine, command)
  }
}

async function must(machine: Machine, command: UndoCommand): Promise<void> {
  const { code, stderr } = await machine.run(plain(command))
  if (code !== 0) throw new Error(`${JSON.stringify(command)} exits ${code}: ${stderr}`)
}

function plain({ argv, input }: { argv: CommandStep['argv']; input?: Text }) {
  return { argv, ...(typeof input === 'string' && { input }) }
}
