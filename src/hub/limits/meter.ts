import type { ClassCount } from '../../net/limits/count.ts'
import { TOP_CLASS } from '../../net/limits/limits.ts'

/** Of the last five minutes: bits a second of its fullest look and of all of them, and packets dropped. */
export interface Figures {
  peak: number
  average: number
  dropped: number
}

export interface Look {
  /** In milliseconds. */
  at: number
  counts: ReadonlyMap<number, ClassCount>
  /** Whose class each is: by the first address of a node. */
  classes: ReadonlyMap<string, number>
}

interface Passed {
  bits: number
  dropped: number
}

interface Span {
  from: number
  seconds: number
  all: Passed
  /** Of those alone for whom something came. */
  nodes: ReadonlyMap<string, Passed>
}

export const WINDOW_MS = 300_000

/** One site, or the whole hub, in one direction. */
export class Meter {
  #last: Look | undefined
  #spans: Span[] = []

  look(now: Look): void {
    const last = this.#last
    this.#last = now
    if (last === undefined || now.at <= last.at) return
    const passed = passedBetween(last, now)
    const dropped = [...passed.values()].reduce((sum, one) => sum + one.dropped, 0)
    const nodes = [...now.classes].flatMap(([address, id]): [string, Passed][] => {
      const one = passed.get(id)
      return one === undefined ? [] : [[address, one]]
    })
    this.#spans.push({
      from: last.at,
      seconds: (now.at - last.at) / 1000,
      all: { bits: passed.get(TOP_CLASS)?.bits ?? 0, dropped },
      nodes: new Map(nodes),
    })
    this.#spans = this.#spans.filter(({ from }) => from >= now.at - WINDOW_MS)
  }

  ofAll(): Figures {
    return this.#figures(({ all }) => all)
  }

  ofNode(address: string): Figures {
    return this.#figures(({ nodes }) => nodes.get(address))
  }

  #figures(choose: (span: Span) => Passed | undefined): Figures {
    const all = this.#spans.map((span) => ({
      bits: 0,
      dropped: 0,
      ...choose(span),
      ...timeOf(span),
    }))
    const sum = (of: 'bits' | 'dropped' | 'seconds') => all.reduce((sum, one) => sum + one[of], 0)
    return {
      peak: Math.round(Math.max(0, ...all.map(({ bits, seconds }) => bits / seconds))),
      average: all.length === 0 ? 0 : Math.round(sum('bits') / sum('seconds')),
      dropped: sum('dropped'),
    }
  }
}

function timeOf({ seconds }: Span): Pick<Span, 'seconds'> {
  return { seconds }
}

/** By class; one that came meanwhile, or is another node's now, began with nothing. */
function passedBetween(last: Look, now: Look): Map<number, Passed> {
  const owners = new Map([...last.classes].map(([address, id]) => [id, address]))
  const changed = new Set(
    [...now.classes].flatMap(([address, id]) => (owners.get(id) === address ? [] : [id])),
  )
  return new Map(
    [...now.counts].flatMap(([id, { bytes, dropped }]): [number, Passed][] => {
      const known = changed.has(id) ? undefined : last.counts.get(id)
      const before = known !== undefined && known.bytes <= bytes ? known : none
      const passed = { bits: 8 * (bytes - before.bytes), dropped: dropped - before.dropped }
      return passed.bits + passed.dropped === 0 ? [] : [[id, passed]]
    }),
  )
}

const none: ClassCount = { bytes: 0, dropped: 0 }
