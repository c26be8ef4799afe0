import { type Centre, type Customisation, centreFile, type Path, type Site } from './types.ts'

/**
 * What of a configuration has the right shape, so that the checks can go on beside the shape's own problems:
 * a value that has not is undefined, its key or place in a list stays.
 */
export interface Draft {
  centre: Partly<Centre>
  sites: readonly DraftSite[]
}

export interface DraftSite {
  file: string
  site: Partly<Site>
}

export type Partly<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly (Partly<Item> | undefined)[]
    : { readonly [Key in keyof T]?: Partly<T[Key]> | undefined }

/** The well-formed entries of a map. */
export function entriesOf<T>(
  map: Readonly<Record<string, T | undefined>> | undefined,
): [string, T][] {
  return Object.entries(map ?? {}).filter((entry): entry is [string, T] => entry[1] !== undefined)
}

/** The well-formed items of a list, each with its index; of a lone value, that. */
export function itemsOf<T extends string | number | object>(
  value: T | readonly (T | undefined)[] | undefined,
): [number, T][] {
  const list = Array.isArray(value)
    ? (value as readonly (T | undefined)[])
    : [value as T | undefined]
  return [...list.entries()].filter((entry): entry is [number, T] => entry[1] !== undefined)
}

export interface Layer {
  file: string
  path: Path
  layer: Partly<Customisation>
}

/** Everything that customises nodes: the defaults, each site, each class. */
export function layersOf({ centre, sites }: Draft): Layer[] {
  return [
    { file: centreFile, path: ['defaults'], layer: centre.defaults ?? {} },
    ...sites.flatMap(({ file, site }) => [
      { file, path: [], layer: site },
      ...entriesOf(site.classes).map(([name, layer]) => ({ file, path: ['classes', name], layer })),
    ]),
  ]
}

/** The tunnels of a site's ladder, those of a rung of several one by one. */
export function ladderOf({ tunnels }: Partly<Site>): { path: Path; name: string }[] {
  return itemsOf(tunnels).flatMap(([i, rung]) =>
    itemsOf<string>(rung).map(([j, name]) => ({
      path: typeof rung === 'string' ? ['tunnels', i] : ['tunnels', i, j],
      name,
    })),
  )
}
