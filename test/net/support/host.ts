import type { Machine } from '../../../src/apply/machine.ts'
import type { ObservedNetwork } from '../../../src/net/network.ts'
import { parseNetwork, type Readings, readCommands } from '../../../src/net/read.ts'

export async function readNetwork(machine: Machine): Promise<ObservedNetwork> {
  const entries = Object.entries(readCommands).map(async ([name, argv]) => {
    const { code, stdout, stderr } = await machine.run({ argv })
    if (code !== 0) throw new Error(`${argv.join(' ')} exits ${code}: ${stderr}`)
    return [name, stdout]
  })
  return parseNetwork(Object.fromEntries(await Promise.all(entries)) as Readings)
}

/** Two hosts are as good as each other when their snapshots are equal: order is no state, rules' order is. */
export function snapshot(observed: ObservedNetwork): unknown {
  const { devices, addresses, routes, rules, sysctls, firewall, foreign } = observed
  return {
    devices: sorted(devices),
    addresses: sorted(addresses),
    routes: sorted(routes),
    rules: sorted(rules),
    sysctls: sorted([...sysctls]),
    foreignDevices: sorted([...foreign.devices]),
    foreignAddresses: sorted(foreign.addresses),
    foreignRoutes: sorted([...foreign.routes].filter(lasts)),
    strange: firewall?.strange,
    sets: sorted(
      [...(firewall?.sets ?? [])].map(([name, set]) => [name, set.spec, [...set.elements].sort()]),
    ),
    chains: sorted(
      [...(firewall?.chains ?? [])].map(([name, { spec, rules }]) => [name, spec, rules]),
    ),
  }
}

/** The kernel's own fe80 routes of a device come a moment after it. */
function lasts(route: string): boolean {
  return !/ (fe80:|ff00:)/.test(route)
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort()
}
