import type { Argv } from '../plan/step.ts'
import type { ObservedNetwork } from './network.ts'
import { parseFirewall } from './nft/parse.ts'
import {
  isOwn,
  type LinkJson,
  parseAddresses,
  parseDevice,
  parseForeignDevices,
} from './parse-devices.ts'
import {
  parseGateways,
  parseRoutes,
  parseRules,
  type RouteJson,
  type RuleJson,
} from './parse-routes.ts'
import { settingsReading } from './settings.ts'

/** All a plan must know of a host. In numbers, because the names of tables and protocols are the host's own. */
export const readCommands = {
  devices: ['ip', '-N', '-json', '-details', 'addr', 'show'],
  routes4: ['ip', '-4', '-N', '-json', '-details', 'route', 'show', 'table', 'all'],
  routes6: ['ip', '-6', '-N', '-json', '-details', 'route', 'show', 'table', 'all'],
  rules4: ['ip', '-4', '-N', '-json', '-details', 'rule', 'show'],
  rules6: ['ip', '-6', '-N', '-json', '-details', 'rule', 'show'],
  firewall: ['nft', '-j', 'list', 'ruleset', 'inet'],
  sysctls: settingsReading,
} as const satisfies Record<string, Argv>

/** The standard output of each reading command; a kernel without IPv6 lists no rules of it. */
export type Readings = Record<Exclude<keyof typeof readCommands, 'rules6'>, string> & {
  rules6: string | undefined
}

/** Whether the kernel knows IPv6 at all, which is more than not having it switched off. */
export function hasIPv6({ sysctls }: Pick<Readings, 'sysctls'>): boolean {
  return /^net\/ipv6\//m.test(sysctls)
}

export function parseNetwork(readings: Readings): ObservedNetwork {
  const links = parseList<LinkJson>(readings.devices).filter(({ ifname }) => ifname !== undefined)
  const addresses = parseAddresses(links)
  const routes4 = parseList<RouteJson>(readings.routes4)
  const routes6 = parseList<RouteJson>(readings.routes6)
  const routes = [...parseRoutes(routes4, 'ipv4'), ...parseRoutes(routes6, 'ipv6')]
  const firewall = readings.firewall.trim() === '' ? undefined : parseFirewall(readings.firewall)
  return {
    devices: links.filter(isOwn).map(parseDevice),
    addresses: addresses.own,
    routes: routes.flatMap(({ own, route }) => (own ? [route] : [])),
    rules: [
      ...parseRules(parseList<RuleJson>(readings.rules4), 'ipv4'),
      ...parseRules(parseList<RuleJson>(readings.rules6 ?? ''), 'ipv6'),
    ],
    sysctls: parseSysctls(readings.sysctls),
    ...(firewall !== undefined && { firewall }),
    ...(readings.rules6 === undefined && { lacksIPv6: true }),
    foreign: {
      devices: new Map(parseForeignDevices(links)),
      addresses: addresses.foreign,
      routes: new Set(routes.flatMap(({ own, route }) => (own ? [] : [route.key]))),
      gateways: parseGateways([...routes4, ...routes6]),
    },
  }
}

function parseList<T>(output: string): T[] {
  return output.trim() === '' ? [] : (JSON.parse(output) as T[])
}

function parseSysctls(output: string): Map<string, string> {
  const lines = output.matchAll(/^(net\/ipv[46]\/conf\/.+\/[a-z_]+):(.*)$/gm)
  return new Map([...lines].map(([, path = '', value = '']) => [path, value.trim()]))
}
