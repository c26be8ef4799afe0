import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyPlan } from '../../../src/apply/apply.ts'
import type { Machine } from '../../../src/apply/machine.ts'
import type { CommandStep } from '../../../src/plan/step.ts'
import { type Fault, failing, interrupting, withFault } from '../../fakes/faults.ts'

export async function runSteps(machine: Machine, steps: readonly CommandStep[]): Promise<void> {
  for (const { argv, input } of steps) {
    const { code, stderr } = await machine.run({
      argv,
      ...(typeof input === 'string' && { input }),
    })
    if (code !== 0) throw new Error(`${argv.join(' ')} exits ${code}: ${stderr}${input ?? ''}`)
  }
}

/** An interruption after the last Step comes too late, so it is not among them. */
export const breaks = ['fails before', 'fails after', 'interrupted before'] as const

export interface Break {
  /** The first Step is 1. */
  at: number
  how: (typeof breaks)[number]
}

/** Applies a plan that breaks at one Step, and returns the error; apply has undone it all by then. */
export async function breakSteps(
  machine: Machine,
  steps: readonly CommandStep[],
  { at, how }: Break,
): Promise<unknown> {
  const controller = new AbortController()
  const fault: Fault = {
    at,
    when: how === 'fails after' ? 'after' : 'before',
    strike: how === 'interrupted before' ? interrupting(controller) : failing,
  }
  const options = { machine: withFault(machine, fault), signal: controller.signal }
  return await withState((state) =>
    applyPlan(steps, { ...options, state }).then(
      () => undefined,
      (error: unknown) => error,
    ),
  )
}

/** In memory where there is such a folder: the journal is synced before every Step. */
const folder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

async function withState<T>(work: (state: string) => Promise<T>): Promise<T> {
  const state = mkdtempSync(join(folder, 'dynfarm-net-'))
  try {
    return await work(state)
  } finally {
    rmSync(state, { recursive: true })
  }
}
