import type { ObservedNetwork } from '../../../src/net/network.ts'

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

/** What a device not dynfarm's was set to is known to the journal alone. */
export function withoutSettings(observed: ObservedNetwork): unknown {
  return snapshot({ ...observed, sysctls: new Map() })
}

/** The kernel's own fe80 routes of a device come a moment after it. */
function lasts(route: string): boolean {
  return !/ (fe80:|ff00:)/.test(route)
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort()
}
