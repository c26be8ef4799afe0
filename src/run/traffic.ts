/** Bytes since the beginning; rx is towards the job, tx away from it. */
export interface Count {
  rx: number
  tx: number
}

/** Of a device as /proc/net/dev tells it; undefined where there is none of that name. */
export function parseCount(text: string, device: string): Count | undefined {
  const line = text.split('\n').find((one) => one.trim().startsWith(`${device}:`))
  const fields = line?.split(':')[1]?.trim().split(/\s+/).map(Number) ?? []
  const [received, sent] = [fields[0], fields[8]]
  // It is the far end of the job's device: what comes in here left the job.
  return received === undefined || sent === undefined ? undefined : { rx: sent, tx: received }
}

export interface Traffic extends Count {
  /** Bits a second, of the fullest second; what counts is between two looks. */
  peakRx: number
  peakTx: number
  /** Bits a second, from the first look to the last. */
  averageRx: number
  averageTx: number
}

/** Packets for which a limit had no room; null where there is no limit, or nobody can tell. */
export interface Dropped {
  rx: number | null
  tx: number | null
}

/** Of each device by name, as `tc -s -json qdisc show` tells it. */
export function parseDropped(output: string): Map<string, number> {
  const qdiscs: { kind: string; dev: string; drops?: number }[] = JSON.parse(output)
  const own = qdiscs.filter(({ kind }) => kind === 'tbf')
  return new Map(own.map(({ dev, drops = 0 }) => [dev, drops]))
}

export class Meter {
  #last: { count: Count; at: number } | undefined
  #peak = { rx: 0, tx: 0 }
  #began: number | undefined

  /** At so many milliseconds. */
  look(count: Count, at: number): void {
    const last = this.#last
    this.#began ??= at
    if (last !== undefined && at - last.at < LEAST_MS) return
    if (last !== undefined) {
      const seconds = (at - last.at) / 1000
      const rate = (way: 'rx' | 'tx') => ((count[way] - last.count[way]) * 8) / seconds
      this.#peak = {
        rx: Math.max(this.#peak.rx, rate('rx')),
        tx: Math.max(this.#peak.tx, rate('tx')),
      }
    }
    this.#last = { count, at }
  }

  /** With a last look, whose rate counts only when it is not too short after the one before. */
  end(count: Count | undefined, at: number): Traffic {
    if (count !== undefined) this.look(count, at)
    const { rx, tx } = count ?? this.#last?.count ?? { rx: 0, tx: 0 }
    const seconds = (at - (this.#began ?? at)) / 1000
    const average = (bytes: number) => (seconds > 0 ? Math.round((bytes * 8) / seconds) : 0)
    return {
      ...{ rx, tx, peakRx: Math.round(this.#peak.rx), peakTx: Math.round(this.#peak.tx) },
      ...{ averageRx: average(rx), averageTx: average(tx) },
    }
  }
}

/** Bursts within less than that are not what a limit is about. */
const LEAST_MS = 500
