import type { ModelAddress, ModelDevice, ModelRoute, ModelRule } from './network-host-objects.ts'

interface Model {
  devices: ReadonlyMap<string, ModelDevice>
  addresses: readonly ModelAddress[]
  routes: readonly ModelRoute[]
  rules: readonly ModelRule[]
}

/** What `ip -N -json` prints, in the spelling of iproute2 6. */
export function showNetwork(model: Model, family: string, what: string): string {
  switch (what) {
    case '-details addr show':
      return JSON.stringify(listDevices(model))
    case '-details route show table all':
      return JSON.stringify(listRoutes(model, family === '-6' ? 'ipv6' : 'ipv4'))
    case '-details rule show':
      return JSON.stringify(listRules(model, family))
    default:
      throw new Error(`the model has no ip show ${what}`)
  }
}

export function listSettings(sysctls: ReadonlyMap<string, string>): string {
  return [...sysctls].map(([path, value]) => `${path}:${value}\n`).join('')
}

function listDevices({ devices, addresses }: Model): unknown[] {
  return [...devices].map(([ifname, { group, mtu, up, kind, data }]) => ({
    ifname,
    flags: up ? ['UP'] : [],
    mtu,
    group,
    ...(kind !== undefined && { linkinfo: { info_kind: kind, info_data: data } }),
    addr_info: addresses.filter(({ dev }) => dev === ifname),
  }))
}

function listRoutes({ routes }: Model, version: string): unknown[] {
  return routes
    .filter((route) => route.family === version)
    .map(({ family: _, mtu, metric, ...route }) => ({
      ...route,
      dst: route.dst.replace(/^(0\.0\.0\.0|::)\/0$/, 'default').replace(/\/(32|128)$/, ''),
      ...(metric !== 0 && { metric }),
      ...(mtu !== undefined && { metrics: [{ mtu }] }),
      flags: [],
    }))
}

function listRules({ rules, devices }: Model, option: string): unknown[] {
  return rules
    .filter(({ family }) => family === option)
    .map(({ priority, from, iif, table, protocol }) => ({
      priority: Number(priority),
      src: from,
      ...(iif !== '' && { iif }),
      ...(iif === '' || devices.has(iif) ? {} : { iif_detached: null }),
      table,
      protocol,
    }))
}
