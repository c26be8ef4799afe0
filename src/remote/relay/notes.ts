import { fold } from '../nodeset/fold.ts'
import type { World } from '../world.ts'

interface Noted {
  name: string
  site: string
}

/** What came of a relay, for a person, in one line a site and one for each reason why not. */
export class RelayNotes {
  readonly #given = new Map<string, string[]>()
  readonly #direct = new Map<string, string[]>()

  given({ name }: Noted, seed: string): void {
    add(this.#given, seed, name)
  }

  direct({ name }: Noted, reason: string): void {
    add(this.#direct, reason, name)
  }

  /** A node that was to serve, and does not. */
  idle({ name, site }: Noted, reason: string): void {
    add(this.#direct, `it was to serve "${site}": ${reason}`, name)
  }

  tell(log: World['log']): void {
    for (const [seed, names] of this.#given) log.info(`relay: ${seed} gave it to ${fold(names)}`)
    for (const [reason, names] of this.#direct)
      log.warn(`relay: directly to ${fold(names)}: ${reason}`)
  }
}

function add(map: Map<string, string[]>, key: string, name: string): void {
  map.set(key, [...(map.get(key) ?? []), name])
}
