import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nothing } from '../../src/net/network.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { NetworkHost } from '../fakes/network-host.ts'
import { breakSteps, runSteps } from './support/apply.ts'
import { networksWithGre as networks } from './support/arbitrary.ts'
import { readNetwork, snapshot } from './support/host.ts'

const kernels = fc.boolean().map((perDeviceForwarding) => ({ perDeviceForwarding }))

describe('any network on any other', () => {
  it('is there after one plan, and then nothing is left to do', async () => {
    await fc.assert(
      fc.asyncProperty(kernels, fc.array(networks, { maxLength: 4 }), async (kernel, wanted) => {
        const host = new NetworkHost(kernel)
        for (const network of wanted) {
          const { steps, blocked } = planNetwork(network, await readNetwork(host))
          expect(blocked).toEqual([])
          await runSteps(host, steps)
          expect(planNetwork(network, await readNetwork(host)).steps).toEqual([])
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
        fc.boolean(),
        async (kernel, before, wanted, done) => {
          const host = new NetworkHost(kernel)
          await runSteps(host, planNetwork(before, await readNetwork(host)).steps)
          const observed = await readNetwork(host)
          const { steps } = planNetwork(wanted, observed)
          for (let at = 0; at < steps.length; at++) {
            await breakSteps(host, steps, { at, done })
            expect(snapshot(await readNetwork(host))).toEqual(snapshot(observed))
          }
        },
      ),
    )
  })

  it('leaves nothing of itself when nothing is wanted', async () => {
    await fc.assert(
      fc.asyncProperty(networks, async (wanted) => {
        const host = new NetworkHost()
        const start = snapshot(await readNetwork(host))
        await runSteps(host, planNetwork(wanted, await readNetwork(host)).steps)
        await runSteps(host, planNetwork(nothing, await readNetwork(host)).steps)
        expect(withoutSettings(snapshot(await readNetwork(host)))).toEqual(withoutSettings(start))
      }),
    )
  })
})

/** What a device not dynfarm's was set to is known to the journal alone. */
function withoutSettings(state: unknown): unknown {
  return { ...(state as object), sysctls: undefined }
}
