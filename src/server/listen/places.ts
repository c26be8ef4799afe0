import { neighbourhood } from '../peer.ts'

/** The connections that a listener holds: all of them, and those of each source. */
export interface Places {
  readonly taken: number
  /** A place for a connection whose source is not known yet; undefined: there is none. */
  take(): Place | undefined
}

export interface Place {
  /** Says whose it is. False: that source has its share. */
  nameSource(address: string): boolean
  /** It may be called twice. */
  leave(): void
}

/**
 * All the machines of a site may come from one address, so a source may hold nearly all places. The last eighth is
 * for sources that hold few: whoever fills the rest keeps nobody else out.
 */
export function isRoomFor({ limit, taken, held }: Record<'limit' | 'taken' | 'held', number>) {
  return taken <= limit - limit / 8 || held <= Math.max(1, limit / 64)
}

export function makePlaces(limit: () => number): Places {
  const bySource = new Map<string, number>()
  let taken = 0
  const count = (key: string, by: number): number => {
    const held = (bySource.get(key) ?? 0) + by
    if (held === 0) bySource.delete(key)
    else bySource.set(key, held)
    return held
  }
  return {
    get taken() {
      return taken
    },
    take: () => {
      if (taken >= limit()) return undefined
      taken += 1
      let key: string | undefined
      let left = false
      return {
        nameSource: (address) => {
          if (left) return false
          key = neighbourhood(address)
          return isRoomFor({ limit: limit(), taken, held: count(key, 1) })
        },
        leave: () => {
          if (left) return
          left = true
          taken -= 1
          if (key !== undefined) count(key, -1)
        },
      }
    },
  }
}
