import type { FromSchema } from 'json-schema-to-ts'
import type { centreSchema } from './schema/centre.ts'
import type { customisationSchema } from './schema/customisation.ts'
import type { siteSchema } from './schema/site.ts'

/** centre.yaml with the schema's defaults filled in. */
export type Centre = FromSchema<typeof centreSchema>
/** sites/NAME.yaml with the schema's defaults filled in. */
export type Site = FromSchema<typeof siteSchema>
/** What each layer may say: `centre.defaults`, a site, a class. */
export type Customisation = FromSchema<typeof customisationSchema>

export type Server = Centre['server']
export type Hub = Centre['hubs'][string]
export type Tunnel = Centre['tunnels'][string]
export type Service = Centre['services'][string]
export type Admin = Centre['admins'][string]
export type SiteClass = Site['classes'][string]
export type Rung = Site['tunnels'][number]
export type CustomFile = NonNullable<Customisation['files']>[number]
export type CustomCommand = NonNullable<Customisation['commands']>[number]
export type CustomCheck = NonNullable<Customisation['checks']>[number]

/**
 * A whole configuration without problems: every reference in it is known to exist, every value to be in its
 * format, so that whoever uses it need not check again. `loadProfile` makes it; it is never changed.
 */
export interface Profile {
  /** The configuration folder as it was named. */
  dir: string
  centre: Centre
  /** By name, in alphabetical order. */
  sites: ReadonlyMap<string, Site>
  /** What each file named in the configuration (`source:`, `key:`, `certificate:`) holds, by the path as written. */
  contents: ReadonlyMap<string, Uint8Array>
  /**
   * Where a value was written: `source('sites/aruba.yaml', ['files', 0, 'mode'])`. A value that an alias or a
   * merge key brought is where the anchor has it; one that no file holds (the schema's default) is nowhere.
   */
  source(file: string, path: Path): Place | undefined
}

/** The way to a value from the root of its file: keys of maps and indices of lists. */
export type Path = readonly (string | number)[]

/** Lines and columns count from 1; a column is a character. */
export interface Place {
  line: number
  column: number
}

export const centreFile = 'centre.yaml'

export function siteFile(site: string): string {
  return `sites/${site}.yaml`
}

/** `nodes:`, `address:` and their like hold one value or a list: the list, always. */
export function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T]
}
