import { type Draft, entriesOf, itemsOf, type Layer, layersOf } from '../draft.ts'
import type { Finding } from '../finding.ts'
import { centreFile, type Path, siteFile } from '../types.ts'
import { repeated } from './repeated.ts'

/** Names mean one thing each. */
export function checkNames(draft: Draft): Finding[] {
  return [
    ...draft.sites.flatMap(siteNames),
    ...sharedHostNames(draft.centre),
    ...layersOf(draft).flatMap(repeatedEntries),
  ]
}

function siteNames({ file, site: { site } }: Draft['sites'][number]): Finding[] {
  if (site === undefined) return []
  const path = ['site']
  if (site === 'all') {
    return [{ file, path, what: 'no site can be named "all": `remote -w @all` means every site' }]
  }
  if (file === siteFile(site)) return []
  return [{ file, path, what: `site "${site}" belongs into the file "${siteFile(site)}"` }]
}

function sharedHostNames({ services }: Draft['centre']): Finding[] {
  const names = entriesOf(services).flatMap(([service, { names: list }]) =>
    itemsOf(list).map(([i, name]) => ({ service, i, name })),
  )
  const others = repeated(names, ({ name }) => name.toLowerCase())
  return others.map(({ item, first }) => ({
    file: centreFile,
    path: ['services', item.service, 'names', item.i],
    what: `"${item.name}" is a name of service "${first.service}" already`,
  }))
}

/** Later layers replace by these keys, so within one layer each is there once. */
function repeatedEntries({ file, path, layer }: Layer): Finding[] {
  const lists: [string, string, (string | undefined)[]][] = [
    ['files', 'path', (layer.files ?? []).map((entry) => entry?.path)],
    ['commands', 'name', (layer.commands ?? []).map((entry) => entry?.name)],
    ['checks', 'name', (layer.checks ?? []).map((entry) => entry?.name)],
  ]
  return lists.flatMap(([list, key, keys]) => {
    return repeatedKeys(keys).map(({ index, text }) => {
      const at: Path = [...path, list, index, key]
      return { file, path: at, what: `${key} "${text}" is there twice in this list` }
    })
  })
}

function repeatedKeys(keys: readonly (string | undefined)[]): { index: number; text: string }[] {
  const present = itemsOf<string>(keys).map(([index, text]) => ({ index, text }))
  return repeated(present, ({ text }) => text).map(({ item }) => item)
}
