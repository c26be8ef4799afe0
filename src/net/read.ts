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
import { parseRoutes, parseRules, type RouteJson, type RuleJson } from './parse-routes.ts'
import { SYSCTL_PATTERN } from './settings.ts'

/** All a plan must know of a host. In numbers, because the names of tables and protocols are the host's own. */
export const readCommands = {
  devices: ['ip', '-N', '-json', '-details', 'addr', 'show'],
  routes4: ['ip', '-4', '-N', '-json', '-details', 'route', 'show', 'table', 'all'],
  routes6: ['ip', '-6', '-N', '-json', '-details', 'route', 'show', 'table', 'all'],
  rules4: ['ip', '-4', '-N', '-json', '-details', 'rule', 'show'],
  rules6: ['ip', '-6', '-N', '-json', '-details', 'rule', 'show'],
  firewall: ['nft', '-j', 'list', 'ruleset', 'inet'],
  sysctls: ['sysctl', '-a', '-r', SYSCTL_PATTERN],
} as const satisfies Record<string, Argv>

/** The standard output of each reading command. */
export type Readings = Record<keyof typeof readCommands, string>

export function parseNetwork(readings: Readings): ObservedNetwork {
  const links = parseList<LinkJson>(readings.devices).filter(({ ifname }) => ifname !== undefined)
  const addresses = parseAddresses(links)
  const routes = [
    ...parseRoutes(parseList<RouteJson>(readings.routes4), 'ipv4'),
    ...parseRoutes(parseList<RouteJson>(readings.routes6), 'ipv6'),
  ]
  const firewall = readings.firewall.trim() === '' ? undefined : parseFirewall(readings.firewall)
  return {
    devices: links.filter(isOwn).map(parseDevice),
    addresses: addresses.own,
    routes: routes.flatMap(({ own, route }) => (own ? [route] : [])),
    rules: [
      ...parseRules(parseList<RuleJson>(readings.rules4), 'ipv4'),
      ...parseRules(parseList<RuleJson>(readings.rules6), 'ipv6'),
    ],
    sysctls: parseSysctls(readings.sysctls),
    ...(firewall !== undefined && { firewall }),
    foreign: {
      devices: new Map(parseForeignDevices(links)),
      addresses: addresses.foreign,
      routes: new Set(routes.flatMap(({ own, route }) => (own ? [] : [route.key]))),
    },
  }
}

function parseList<T>(output: string): T[] {
  return output.trim() === '' ? [] : (JSON.parse(output) as T[])
}

/** net.ipv4.conf.eth0/100.rp_filter = 2: the dot in a device's name is written as a slash. */
function parseSysctls(output: string): Map<string, string> {
  return new Map(
    output.split('\n').flatMap((line): [string, string][] => {
      const [name, value] = line.split(' = ')
      return name === undefined || value === undefined ? [] : [[swapped(name), value.trim()]]
    }),
  )
}

function swapped(name: string): string {
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}
