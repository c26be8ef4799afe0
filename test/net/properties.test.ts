import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { observeNetwork } from '../../src/client/observe-network.ts'
import { nothing } from '../../src/net/network.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { NetworkHost } from '../fakes/network-host.ts'
import { breakSteps, breaks, runSteps } from './support/apply.ts'
import { networksWithGre as networks } from './support/arbitrary.ts'
import { snapshot, withoutSettings } from './support/host.ts'

const kernels = fc.boolean().map((perDeviceForwarding) => ({ perDeviceForwarding }))

describe('any network on any other', () => {
  it('is there after one plan, and then nothing is left to do', async () => {
    await fc.assert(
      fc.asyncProperty(kernels, fc.array(networks, { maxLength: 4 }), async (kernel, wanted) => {
        const host = new NetworkHost(kernel)
        for (const network of wanted) {
          const { steps, blocked } = planNetwork(network, await observeNetwork(host))
          expect(blocked).toEqual([])
          await runSteps(host, steps)
          expect(planNetwork(network, await observeNetwork(host)).steps).toEqual([])
        }
      }),
    )
  })

  it('leaves what was when any Step fails, done or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        kernels,
        networks,
        networks,
        fc.constantFrom(...breaks),
        async (kernel, before, wanted, how) => {
          const host = new NetworkHost(kernel)
          await runSteps(host, planNetwork(before, await observeNetwork(host)).steps)
          const observed = await observeNetwork(host)
          const { steps } = planNetwork(wanted, observed)
          for (let at = 1; at <= steps.length; at++) {
            expect(await breakSteps(host, steps, { at, how })).toBeInstanceOf(Error)
            expect(snapshot(await observeNetwork(host))).toEqual(snapshot(observed))
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  it('leaves nothing of itself when nothing is wanted', async () => {
    await fc.assert(
      fc.asyncProperty(networks, async (wanted) => {
        const host = new NetworkHost()
        const start = await observeNetwork(host)
        await runSteps(host, planNetwork(wanted, await observeNetwork(host)).steps)
        await runSteps(host, planNetwork(nothing, await observeNetwork(host)).steps)
        expect(withoutSettings(await observeNetwork(host))).toEqual(withoutSettings(start))
      }),
    )
  })
})
