import { parseRate } from '../../profile/quantity.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { type Gauge, gaugeOf, Pace } from '../../stream/pace.ts'
import type { NodeHealth } from '../health.ts'
import type { SiteRules } from '../network/state.ts'
import type { LiveNode } from '../roster.ts'

/** The rung that a job is told of as being on. */
const RUNG = 'socks'

interface Job {
  at: number
  /** Towards the job, and away from it. */
  rx: number
  tx: number
  outer: { address: string; port: number }
  streams: Set<{ certificate: string; end(): void }>
}

export interface Stream {
  certificate: string
  outer: { address: string; port: number }
  end(): void
}

export interface Caps {
  site: SiteRules | undefined
  hub: CentreConfig['hubs'][number] | undefined
}

/** The streams of all jobs, as the hub counts, limits and ends them. */
export class Streams {
  readonly #jobs = new Map<string, Job>()
  readonly #paces = new Map<string, Pace>()

  openOf(node: string): number {
    return this.#jobs.get(node)?.streams.size ?? 0
  }

  /** To be called when it has ended. */
  open(node: string, { outer, ...stream }: Stream): () => void {
    const job = this.#jobs.get(node) ?? { at: 0, rx: 0, tx: 0, outer, streams: new Set() }
    this.#jobs.set(node, job)
    Object.assign(job, { outer, at: Date.now() })
    job.streams.add(stream)
    return () => void job.streams.delete(stream)
  }

  /** Ends at once what belongs to a certificate that does not live any more. */
  endOthers(nodeWith: (certificate: string) => LiveNode | undefined): void {
    for (const [id, { streams }] of this.#jobs) {
      for (const stream of streams) {
        const node = nodeWith(stream.certificate)
        if (node?.id !== id || node.quarantined) stream.end()
      }
      if (streams.size === 0) this.#jobs.delete(id)
    }
  }

  endAll(): void {
    for (const { streams } of this.#jobs.values()) for (const stream of streams) stream.end()
  }

  /** The site's cap is one for all its jobs here, the hub's one for all jobs. */
  gauge(node: string, way: 'rx' | 'tx', { site, hub }: Caps): Gauge {
    const job = this.#jobs.get(node)
    const paces = [
      this.#pace(`site ${site?.site} ${way}`, site?.[way]),
      this.#pace(`hub ${way}`, hub?.[way]),
    ]
    const count = (bytes: number) => {
      if (job !== undefined) Object.assign(job, { [way]: job[way] + bytes, at: Date.now() })
    }
    return gaugeOf(count, paces.flat())
  }

  /** A limit of another rate is another bucket: what flows already keeps the one that it began with. */
  #pace(of: string, limit: string | undefined): Pace[] {
    const rate = parseRate(limit ?? '')
    if (rate === undefined) return []
    const key = `${of} ${rate}`
    const pace = this.#paces.get(key) ?? new Pace(rate)
    this.#paces.set(key, pace)
    return [pace]
  }

  health(): NodeHealth[] {
    return [...this.#jobs].map(([node, { at, rx, tx, outer, streams }]) => {
      const state = streams.size > 0 || Date.now() - at < QUIET_MS ? 'up' : 'down'
      return { node, state, at, rung: RUNG, outer, rx, tx }
    })
  }
}

/** A job opens streams when it needs them. */
const QUIET_MS = 60_000
