import { type Draft, type DraftSite, entriesOf, itemsOf, ladderOf } from '../draft.ts'
import type { Finding } from '../finding.ts'
import { didYouMean } from '../suggest.ts'
import { centreFile, type Path } from '../types.ts'

/** Every hub, tunnel and service that something names exists. */
export function checkReferences({ centre, sites }: Draft): Finding[] {
  return [
    ...hubReferences(centre),
    ...sites.flatMap((site) => [
      ...serviceReferences(site, centre.services),
      ...tunnelReferences(site, centre.tunnels),
    ]),
  ]
}

type Known = object | undefined

function hubReferences({ tunnels, services, hubs }: Draft['centre']): Finding[] {
  const ofTunnels = entriesOf(tunnels).flatMap(([name, { hub }]) =>
    unknown({ file: centreFile, path: ['tunnels', name, 'hub'], kind: 'hub', name: hub }, hubs),
  )
  const ofServices = entriesOf(services).flatMap(([service, { hubs: named }]) =>
    itemsOf(named).flatMap(([i, name]) =>
      unknown(
        { file: centreFile, path: ['services', service, 'hubs', i], kind: 'hub', name },
        hubs,
      ),
    ),
  )
  return [...ofTunnels, ...ofServices]
}

function serviceReferences({ file, site }: DraftSite, services: Known): Finding[] {
  const lists: [Path, typeof site.services][] = [
    [['services'], site.services],
    ...entriesOf(site.classes).map(([name, { services: named }]): [Path, typeof named] => [
      ['classes', name, 'services'],
      named,
    ]),
  ]
  return lists.flatMap(([path, named]) =>
    itemsOf(named).flatMap(([i, name]) =>
      unknown({ file, path: [...path, i], kind: 'service', name }, services),
    ),
  )
}

function tunnelReferences({ file, site }: DraftSite, tunnels: Known): Finding[] {
  return ladderOf(site).flatMap(({ path, name }) =>
    unknown({ file, path, kind: 'tunnel', name }, tunnels),
  )
}

interface Reference {
  file: string
  path: Path
  kind: string
  name: string | undefined
}

/** Nothing is said where the map itself is broken, since then nobody knows what it holds. */
function unknown({ file, path, kind, name }: Reference, known: Known): Finding[] {
  if (known === undefined || name === undefined || Object.hasOwn(known, name)) return []
  const what = `no ${kind} "${name}" in ${centreFile}`
  return [{ file, path, what, ...didYouMean(name, Object.keys(known)) }]
}
