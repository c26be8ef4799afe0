import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { observeNetwork } from '../../../src/client/observe-network.ts'
import { nothing } from '../../../src/net/network.ts'
import { planNetwork } from '../../../src/net/plan-network.ts'
import { breakSteps, breaks, runSteps } from '../../net/support/apply.ts'
import { networks } from '../../net/support/arbitrary.ts'
import { snapshot, withoutSettings } from '../../net/support/host.ts'
import { sweepNamespaces, withNamespace } from './namespace.ts'

beforeAll(sweepNamespaces)

describe('on the real kernel', () => {
  it('any network becomes any other, and then nothing is left to do', {
    timeout: 300_000,
  }, async () => {
    await withNamespace('ab', async ({ machine }) => {
      await fc.assert(
        fc.asyncProperty(networks, async (wanted) => {
          const { steps, blocked } = planNetwork(wanted, await observeNetwork(machine))
          expect(blocked).toEqual([])
          await runSteps(machine, steps)
          expect(planNetwork(wanted, await observeNetwork(machine)).steps).toEqual([])
        }),
        { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 25), endOnFailure: true },
      )
    })
  })

  it('a failure before any Step leaves what was', { timeout: 300_000 }, async () => {
    await withNamespace('undo', async ({ machine }) => {
      await fc.assert(
        fc.asyncProperty(networks, networks, async (before, wanted) => {
          await runSteps(machine, planNetwork(before, await observeNetwork(machine)).steps)
          const observed = await observeNetwork(machine)
          const { steps } = planNetwork(wanted, observed)
          for (let at = 1; at <= steps.length; at++) {
            const how = breaks[at % breaks.length] ?? 'fails after'
            expect(await breakSteps(machine, steps, { at, how })).toBeInstanceOf(Error)
            expect(snapshot(await observeNetwork(machine))).toEqual(snapshot(observed))
          }
        }),
        { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 6), endOnFailure: true },
      )
    })
  })

  it('of the empty network nothing is left', async () => {
    await withNamespace('empty', async ({ machine }) => {
      const start = await observeNetwork(machine)
      await fc.assert(
        fc.asyncProperty(networks, async (wanted) => {
          await runSteps(machine, planNetwork(wanted, await observeNetwork(machine)).steps)
          await runSteps(machine, planNetwork(nothing, await observeNetwork(machine)).steps)
          expect(withoutSettings(await observeNetwork(machine))).toEqual(withoutSettings(start))
        }),
        { numRuns: 5, endOnFailure: true },
      )
    })
  })
})
