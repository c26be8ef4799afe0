import type { Machine } from '../../../src/apply/machine.ts'
import type { CommandStep, Text } from '../../../src/plan/step.ts'

const plain = (text: Text | undefined) => (typeof text === 'string' ? { input: text } : {})

/** Runs Steps; before number `failAt` it gives up and takes back what it did. */
export async function runSteps(
  machine: Machine,
  steps: readonly CommandStep[],
  failAt = steps.length,
): Promise<void> {
  for (const { argv, input } of steps.slice(0, failAt)) await must(machine, argv, input)
  if (failAt === steps.length) return
  for (const step of steps.slice(0, failAt).toReversed()) {
    for (const { argv, input } of step.undo ?? []) await must(machine, argv, input)
  }
}

async function must(machine: Machine, argv: CommandStep['argv'], input: Text | undefined) {
  const { code, stderr } = await machine.run({ argv, ...plain(input) })
  if (code !== 0) {
    const text = typeof input === 'string' ? `\n${input}` : ''
    throw new Error(`${argv.join(' ')} exits ${code}: ${stderr}${text}`)
  }
}
