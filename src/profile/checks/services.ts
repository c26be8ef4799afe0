import { type Address, compareAddresses, parseAddress } from '../../address.ts'
import { type Draft, entriesOf, itemsOf, type Partly } from '../draft.ts'
import type { Finding } from '../finding.ts'
import type { Fault } from '../formats.ts'
import { centreFile, type Path, type Service } from '../types.ts'

/** A link fits its service: local on a hub and only there, a VXLAN port only for VXLAN. */
export function checkServices({ hubs, services }: Draft['centre']): Finding[] {
  return entriesOf(services).flatMap(([name, service]) => [
    ...vxlanPort(name, service),
    ...linkToItself(name, service, hubsOf(service, hubs)),
    ...localElsewhere(name, service, hubsOf(service, hubs)),
  ])
}

type Hubs = Draft['centre']['hubs']

/** The hubs that hold a link to it. */
function hubsOf(service: Partly<Service>, hubs: Hubs): Hubs {
  if (service.hubs === undefined) return hubs
  return Object.fromEntries(entriesOf(hubs).filter(([name]) => service.hubs?.includes(name)))
}

function vxlanPort(name: string, service: Partly<Service>): Finding[] {
  if (service['vxlan-port'] === undefined || service.link === 'vxlan') return []
  const what = `only a service with "link: vxlan" has a vxlan-port`
  return [{ file: centreFile, path: ['services', name, 'vxlan-port'], atKey: true, what }]
}

function linkToItself(name: string, service: Partly<Service>, hubs: Hubs): Finding[] {
  return itemsOf<string>(service.address).flatMap(([i, text]) => {
    const fault = addressFault(text, service.link, hubs)
    const several = Array.isArray(service.address) ? [i] : []
    const path: Path = ['services', name, 'address', ...several]
    return fault === undefined ? [] : [{ file: centreFile, path, ...fault }]
  })
}

function addressFault(
  text: string,
  link: Service['link'] | undefined,
  hubs: Hubs,
): Fault | undefined {
  const hub = hubWith(parseAddress(text), hubs)
  if (hub !== undefined && link !== undefined && link !== 'local') {
    return {
      what: `"${text}" is hub "${hub}" itself, which needs no link`,
      hint: 'write "link: local"',
    }
  }
  if (hub === undefined && link === 'local' && allKnown(hubs)) {
    return {
      what: `"${text}" is no hub's address, which "link: local" means`,
      hint: 'leave "link" out',
    }
  }
  return undefined
}

/** Nodes at such a hub would be told of the service, and not reach it. */
function localElsewhere(name: string, service: Partly<Service>, hubs: Hubs): Finding[] {
  if (service.link !== 'local' || !allKnown(hubs)) return []
  const holders = new Set(
    itemsOf<string>(service.address).map(([, text]) => hubWith(parseAddress(text), hubs)),
  )
  const names = entriesOf(hubs).map(([hub]) => hub)
  const without = names.find((hub) => !holders.has(hub))
  const own = names.filter((hub) => holders.has(hub))
  if (without === undefined || own.length === 0) return []
  const what = `hub "${without}" has none of its addresses, which "link: local" means`
  const hint = `write "hubs: [${own.join(', ')}]"`
  return [{ file: centreFile, path: ['services', name, 'link'], what, hint }]
}

function hubWith(address: Address | undefined, hubs: Hubs): string | undefined {
  const found = entriesOf(hubs).find(([, hub]) =>
    [...itemsOf<string>(hub.local), ...itemsOf<string>(hub.public)].some(([, text]) => {
      const other = parseAddress(text)
      return address !== undefined && other !== undefined && compareAddresses(address, other) === 0
    }),
  )
  return found?.[0]
}

function allKnown(hubs: Hubs): boolean {
  return Object.values(hubs ?? { broken: undefined }).every(
    (hub) => hub?.local !== undefined && hub.public !== undefined,
  )
}
