import type { Fault } from './formats.ts'
import type { Path } from './types.ts'

/** Something wrong at a value, before anybody looked up where in the file that value is written. */
export interface Finding extends Fault {
  /** Relative to the configuration folder. */
  file: string
  path: Path
  /** A key of the map at the path: it is the key that is wrong. */
  key?: string
  /** Point at the key of the value, since there is nothing in the value to point at. */
  atKey?: true
  /** Point at the n-th "{{" of the value, counting from 0. */
  template?: number
  /** The line may hold a secret and is not shown. */
  secret?: true
}
