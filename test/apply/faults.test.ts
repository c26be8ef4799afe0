import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/apply/apply.ts'
import { realMachine } from '../../src/apply/real-machine.ts'
import type { Step } from '../../src/plan/step.ts'
import { type Fault, failing, InjectedFault, interrupting, withFault } from '../fakes/faults.ts'
import { snapshot } from '../fakes/folder.ts'
import { planFor, startState } from '../fakes/plans.ts'

const machine = realMachine()
const when = fc.constantFrom('before' as const, 'after' as const)

/** Runs the check on a folder in its start state, and takes it away. */
async function onStartState(
  check: (folder: string, state: string) => Promise<void>,
): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'dynfarm-test-'))
  try {
    startState(join(base, 'host'))
    await check(join(base, 'host'), join(base, 'state'))
  } finally {
    rmSync(base, { recursive: true })
  }
}

/** Applies the plan once for each call k that can go wrong, until there is no such call any more. */
async function strikeEveryCall(
  makeSteps: (folder: string) => Step[],
  faultAt: (k: number) => { fault: Fault; signal?: AbortSignal; thrown: object },
): Promise<void> {
  await onStartState(async (folder, state) => {
    const start = snapshot(folder)
    const steps = makeSteps(folder)
    for (let k = 1; ; k += 1) {
      const { fault, thrown, signal } = faultAt(k)
      const faulty = withFault(machine, fault)
      const applying = applyPlan(steps, { machine: faulty, state, signal })
      if (k > steps.length) return await applying
      await expect(applying).rejects.toMatchObject(thrown)
      expect(snapshot(folder)).toEqual(start)
      expect(readdirSync(join(state, 'apply'))).toEqual(['lock'])
    }
  })
}

describe('whatever the plan', { timeout: 600_000 }, () => {
  test('a failure at any call leaves the start state', async () => {
    const property = fc.asyncProperty(planFor, when, (makeSteps, moment) =>
      strikeEveryCall(makeSteps, (at) => ({
        fault: { at, when: moment, strike: failing },
        thrown: new InjectedFault('injected'),
      })),
    )
    await fc.assert(property, { numRuns: 12 })
  })

  test('an interruption at any call leaves the start state', async () => {
    const property = fc.asyncProperty(planFor, when, (makeSteps, moment) =>
      strikeEveryCall(makeSteps, (at) => {
        const controller = new AbortController()
        const fault: Fault = { at, when: moment, strike: interrupting(controller) }
        return { fault, signal: controller.signal, thrown: { code: 'interrupted' } }
      }),
    )
    await fc.assert(property, { numRuns: 12 })
  })

  test('twice is the same as once', async () => {
    const property = fc.asyncProperty(planFor, (makeSteps) =>
      onStartState(async (folder, state) => {
        const steps = makeSteps(folder).filter(({ kind }) => kind === 'file')
        await applyPlan(steps, { machine, state })
        const once = snapshot(folder)
        await applyPlan(steps, { machine, state })
        expect(snapshot(folder)).toEqual(once)
      }),
    )
    await fc.assert(property, { numRuns: 20 })
  })
})
