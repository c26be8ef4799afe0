import { contains, type Prefix, parseAddress } from '../../address.ts'
import { type Draft, type DraftSite, entriesOf, itemsOf, ladderOf } from '../draft.ts'
import type { Finding } from '../finding.ts'
import type { Fault } from '../formats.ts'
import { serviceRanges } from './ranges.ts'

/** Nodes reach a service through their tunnel alone: so nothing may be at its address that they reach without one. */
export function checkSwallowed(draft: Draft): Finding[] {
  return serviceRanges(draft).flatMap(({ file, path, text, network }) => {
    const fault = swallowed(draft, { service: `${path[1]}`, text, network })
    return fault === undefined ? [] : [{ file, path, ...fault }]
  })
}

interface Reached {
  service: string
  text: string
  network: Prefix
}

function swallowed(
  { centre, sites }: Draft,
  { service, text, network }: Reached,
): Fault | undefined {
  const from = sites.filter((site) => servicesOf(site).has(service))
  if (from.length === 0) return undefined
  const tunnel = from
    .flatMap(({ site }) => ladderOf(site))
    .find(({ name }) => tunnelEnds(centre, name).some((end) => isAt(end, network)))
  if (tunnel !== undefined)
    return {
      what: `tunnel "${tunnel.name}" leads to ${text}, which nodes reach through a tunnel alone`,
      hint: 'give the service another address, or the tunnel one of its own by "public"',
    }
  const urls = itemsOf<string>(centre.server?.urls)
  if (urls.length === 0 || !urls.every(([, url]) => isAt(hostOf(url), network))) return undefined
  return {
    what: `the server is at ${text}, which nodes reach through a tunnel alone`,
    hint: 'give the service another address, or the server another of "urls"',
  }
}

function servicesOf({ site }: DraftSite): Set<string> {
  const classes = entriesOf(site.classes).map(([, { services }]) => services)
  return new Set(
    [site.services, ...classes].flatMap((named) => itemsOf<string>(named).map(([, name]) => name)),
  )
}

function tunnelEnds({ tunnels, hubs }: Draft['centre'], name: string): string[] {
  const tunnel = tunnels?.[name]
  const ends = tunnel?.public ?? hubs?.[tunnel?.hub ?? '']?.public
  return itemsOf<string>(ends).map(([, address]) => address)
}

function hostOf(url: string): string {
  return URL.parse(url)?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
}

function isAt(text: string, network: Prefix): boolean {
  const address = parseAddress(text)
  return address !== undefined && contains(network, address)
}
