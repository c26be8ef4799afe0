import { type Prefix, parsePrefix } from '../../address.ts'
import { type Draft, entriesOf, itemsOf } from '../draft.ts'
import { parseNetwork } from '../network.ts'
import { centreFile, type Path } from '../types.ts'

/** A network or a lone address of the configuration, and where it is written. */
export interface Range {
  file: string
  path: Path
  /** As it is written. */
  text: string
  /** Whose it is, for the message of another that collides with it. */
  owner: string
  network: Prefix
}

type Value = string | readonly (string | undefined)[] | undefined

export function innerRanges({ centre }: Draft): Range[] {
  return rangesAt({ file: centreFile, path: ['nodes'], owner: 'the inner network' }, centre.nodes)
}

export function siteRanges({ sites }: Draft): Range[] {
  return sites.flatMap(({ file, site }) => [
    ...rangesAt({ file, path: ['nodes'], owner: `the nodes of ${file}` }, site.nodes),
    ...rangesAt({ file, path: ['jobs'], owner: `the jobs of ${file}` }, site.jobs),
  ])
}

export function relayRanges({ sites }: Draft): Range[] {
  return sites.flatMap(({ file, site }) => {
    const place = { file, path: ['relay', 'network'], owner: `the relay network of ${file}` }
    return rangesAt(place, site.relay?.network)
  })
}

/** Where join requests come from, of the sites that go by nothing else. */
export function sourceRanges({ sites }: Draft): Range[] {
  const bySource = sites.filter(({ site }) => site.enrol === 'source')
  return bySource.flatMap(({ file, site }) => {
    return rangesAt(
      { file, path: ['match', 'source'], owner: `the source of ${file}` },
      site.match?.source,
    )
  })
}

export function hubRanges({ centre }: Draft, which: 'public' | 'inner' | 'local'): Range[] {
  return entriesOf(centre.hubs).flatMap(([name, hub]) => {
    const place = { path: ['hubs', name, which], owner: `the ${which} address of hub "${name}"` }
    return rangesAt({ file: centreFile, ...place }, hub[which])
  })
}

export function serviceRanges({ centre }: Draft): Range[] {
  return entriesOf(centre.services).flatMap(([name, { address }]) => {
    const place = { path: ['services', name, 'address'], owner: `the address of service "${name}"` }
    return rangesAt({ file: centreFile, ...place }, address)
  })
}

function rangesAt(place: Pick<Range, 'file' | 'path' | 'owner'>, value: Value): Range[] {
  return itemsOf<string>(value).flatMap(([i, text]) => {
    const network = parseNetwork(text) ?? hostNetwork(text)
    const path = typeof value === 'string' ? place.path : [...place.path, i]
    return network === undefined ? [] : [{ ...place, path, text, network }]
  })
}

/** An address is a network of one. */
function hostNetwork(text: string): Prefix | undefined {
  return text.includes('/') ? undefined : parsePrefix(text)
}
