import { parseArgs } from 'node:util'
import { familyOf } from '../../../src/address.ts'
import { applyPlan } from '../../../src/apply/apply.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { observeNetwork } from '../../../src/client/observe-network.ts'
import { serviceLinks } from '../../../src/client/service-end.ts'
import { hubDevice } from '../../../src/net/link.ts'
import { type Network, nothing, type Route } from '../../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../../src/net/plan-network.ts'
import { renderPlan } from '../../../src/plan/render.ts'
import { loadValid } from '../../../src/profile/load.ts'

/** The hub's end of one service's link, made by the planners on the host that this runs on. */
const { values } = parseArgs({
  options: {
    config: { type: 'string' },
    hub: { type: 'string' },
    service: { type: 'string' },
    state: { type: 'string' },
  },
})
const { config = '', hub = '', service = '', state = '' } = values

const machine = realMachine()
const wanted = await hubNetwork()
const steps = requireUnblocked(planNetwork(wanted, await observeNetwork(machine)))
console.log(renderPlan(steps))
await applyPlan(steps, { machine, state })
const again = requireUnblocked(planNetwork(wanted, await observeNetwork(machine)))
console.log(`planned again: ${again.length} steps`)

async function hubNetwork(): Promise<Network> {
  const [link] = (await serviceLinks(await loadValid(config), service)).filter(
    (each) => each.hub.name === hub,
  )
  if (link === undefined) throw new Error(`no link of ${hub} and ${service}`)
  const device = hubDevice(link)
  const inner = link.hub.inner.filter((address) => familyOf(address) === 'ipv4')
  const targets = link.service.addresses.filter((address) => familyOf(address) === 'ipv4')
  const routes: Route[] = targets.map((to) => ({ table: 7700, to, dev: device.name }))
  return {
    ...nothing,
    devices: [device],
    // On the link too: where a device has no address, the kernel's loose source check is a strict one.
    addresses: inner.flatMap((address) => [
      { dev: 'lo', address },
      { dev: device.name, address },
    ]),
    routes: [...routes, { table: 7700, to: '0.0.0.0/0', unreachable: true, metric: 4096 }],
    rules: [{ family: 'ipv4', iif: device.name, table: 7700, priority: 7700 }],
    settings: [{ dev: device.name, rpFilter: 2 }],
  }
}
