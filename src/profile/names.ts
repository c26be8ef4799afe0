import { parseAddress } from '../address.ts'
import { DynfarmError } from '../errors.ts'
import { findSite } from './resolve/context.ts'
import { type Identity, identify, type SlotKind, slotCount } from './slots.ts'
import { renderTable } from './table.ts'
import { listOf, type Profile, type Site } from './types.ts'

/** Every machine that can ever be, jobs too, of one site or of all: known before any exists. */
export function listIdentities(profile: Profile, site?: string): Identity[] {
  return sitesOf(profile, site).flatMap((one) => [
    ...identitiesIn(profile, one, 'node'),
    ...identitiesIn(profile, one, 'job'),
  ])
}

export function sitesOf(profile: Profile, site?: string): Site[] {
  return site === undefined ? [...profile.sites.values()] : [findSite(profile, site)]
}

/** Beyond this no hosts file is of use: two of the largest farms there are. */
const most = 1 << 18

function identitiesIn(profile: Profile, site: Site, kind: SlotKind): Identity[] {
  const length = slotCount(site, kind)
  if (length > most) {
    throw new DynfarmError('too-many-slots', `site "${site.site}" has ${length} ${kind} slots`)
  }
  return Array.from({ length }, (_, at) => identify(profile, site, { kind, number: at + 1 }))
}

/** Lines for hosts(5). */
export function renderHosts(identities: readonly Identity[]): string {
  return identities
    .flatMap(({ addresses, fqdn, name }) =>
      addresses.map((address) => `${address} ${fqdn} ${name}\n`),
    )
    .join('')
}

/** Records to be included in the domain's zone. */
export function renderZone(identities: readonly Identity[], domain: string): string {
  const records = identities.flatMap(({ name, addresses }) =>
    addresses.map((address) => `${name} IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}\n`),
  )
  return `${zoneHead(domain)}$ORIGIN ${domain}.\n${records.join('')}`
}

/** Records to be included in the zones of the addresses. */
export function renderReverseZone(identities: readonly Identity[], domain: string): string {
  const records = identities.flatMap(({ fqdn, addresses }) =>
    addresses.map((address) => `${reverseName(address)} IN PTR ${fqdn}.\n`),
  )
  return `${zoneHead(domain)}${records.join('')}`
}

/** No SOA: its serial is the zone's own, and who keeps the zone raises it when these records change. */
function zoneHead(domain: string): string {
  return `; The machines of ${domain}, for $INCLUDE: raise the serial of your zone when this text changes.\n`
}

function reverseName(address: string): string {
  const parsed = parseAddress(address)
  if (parsed?.family !== 'ipv6') return `${address.split('.').reverse().join('.')}.in-addr.arpa.`
  const nibbles = parsed.value.toString(16).padStart(32, '0')
  return `${[...nibbles].reverse().join('.')}.ip6.arpa.`
}

export interface SiteRow {
  site: string
  nodes: readonly string[]
  slots: number
  jobs: readonly string[]
  tunnels: readonly string[]
  services: readonly string[]
  classes: readonly string[]
}

export function listSites(profile: Profile): SiteRow[] {
  return sitesOf(profile).map((site) => ({
    site: site.site,
    nodes: listOf(site.nodes),
    slots: slotCount(site, 'node'),
    jobs: site.jobs === undefined ? [] : listOf(site.jobs),
    tunnels: site.tunnels.map((rung) => listOf(rung).join('|')),
    services: site.services,
    classes: Object.keys(site.classes).sort(),
  }))
}

export function renderSites(rows: readonly SiteRow[]): string {
  const list = (items: readonly string[]) => items.join(',') || '-'
  return renderTable(
    ['SITE', 'NODES', 'SLOTS', 'JOBS', 'TUNNELS', 'SERVICES', 'CLASSES'],
    rows.map((row) => [
      row.site,
      list(row.nodes),
      String(row.slots),
      list(row.jobs),
      list(row.tunnels),
      list(row.services),
      list(row.classes),
    ]),
  )
}
