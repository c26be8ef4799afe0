import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { nothing } from '../../../src/net/network.ts'
import { planNetwork } from '../../../src/net/plan-network.ts'
import { breakSteps, runSteps } from '../../net/support/apply.ts'
import { networks } from '../../net/support/arbitrary.ts'
import { readNetwork, snapshot } from '../../net/support/host.ts'
import { makeNamespace, type Namespace, sweepNamespaces } from './namespace.ts'

beforeAll(sweepNamespaces)

describe('on the real kernel', () => {
  it('any network becomes any other, and then nothing is left to do', {
    timeout: 300_000,
  }, async () => {
    await withNamespace('ab', async ({ machine }) => {
      await fc.assert(
        fc.asyncProperty(networks, async (wanted) => {
          const { steps, blocked } = planNetwork(wanted, await readNetwork(machine))
          expect(blocked).toEqual([])
          await runSteps(machine, steps)
          expect(planNetwork(wanted, await readNetwork(machine)).steps).toEqual([])
        }),
        { numRuns: Number(process.env.RUNS ?? 25), endOnFailure: true },
      )
    })
  })

  it('a failure before any Step leaves what was', { timeout: 300_000 }, async () => {
    await withNamespace('undo', async ({ machine }) => {
      await fc.assert(
        fc.asyncProperty(networks, networks, async (before, wanted) => {
          await runSteps(machine, planNetwork(before, await readNetwork(machine)).steps)
          const observed = await readNetwork(machine)
          const { steps } = planNetwork(wanted, observed)
          for (let at = 0; at < steps.length; at++) {
            await breakSteps(machine, steps, { at, done: at % 2 === 0 })
            expect(snapshot(await readNetwork(machine))).toEqual(snapshot(observed))
          }
        }),
        { numRuns: Number(process.env.RUNS ?? 6), endOnFailure: true },
      )
    })
  })

  it('of the empty network nothing is left', async () => {
    await withNamespace('empty', async ({ machine }) => {
      const start = await readNetwork(machine)
      await fc.assert(
        fc.asyncProperty(networks, async (wanted) => {
          await runSteps(machine, planNetwork(wanted, await readNetwork(machine)).steps)
          await runSteps(machine, planNetwork(nothing, await readNetwork(machine)).steps)
          expect(snapshot(await readNetwork(machine))).toEqual(snapshot(start))
        }),
        { numRuns: 5, endOnFailure: true },
      )
    })
  })
})

async function withNamespace(label: string, test: (namespace: Namespace) => Promise<void>) {
  const namespace = makeNamespace(label)
  try {
    await test(namespace)
  } finally {
    namespace.remove()
  }
}
