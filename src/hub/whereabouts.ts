import type { Announcement } from '../protocol/announcement.ts'
import { helloCounts } from './seats.ts'

/** How it is known that a node is somewhere: the later knowledge is the better. Times are in milliseconds since 1970. */
export interface Evidence {
  at: number
  /** Of the node's own last hello. */
  count?: number
}

/** At which other hub an address is. */
export interface Whereabout extends Evidence {
  hub: string
  mtu?: number
}

/** Hubs say all that they know every five seconds. */
export const sweepMs = 5000
/** What was not said in three of these rounds holds no longer, and a hub that said nothing is not there. */
export const silenceMs = 16_000
/** More than a farm has: a hub that goes astray fills no memory. */
const mostOfHub = 65_536

/** Which of two knows better where a node is. The node counts its hellos, unless it began to count anew. */
export function isLater(one: Evidence, other: Evidence): boolean {
  const isSpoken = one.count !== undefined && other.count !== undefined
  const isClose = Math.abs(one.at - other.at) < helloCounts
  if (isSpoken && isClose) return Number(one.count) > Number(other.count)
  return one.at > other.at
}

interface Told extends Evidence {
  mtu?: number
  /** When it was said last. */
  toldAt: number
}

interface Teller {
  epoch: number
  sequence: number
  toldAt: number
  /** By address. */
  nodes: Map<string, Told>
}

/** What other hubs say of their nodes. It is forgotten when they no longer say it. */
export class Whereabouts {
  readonly #tellers = new Map<string, Teller>()

  /** The addresses of which it may change where they are. */
  heard(hub: string, announcement: Announcement, now: number): string[] {
    const before = this.#tellers.get(hub)
    if (before !== undefined && isOutdated(before, announcement, now)) return []
    const { epoch, sequence, nodes, gone } = announcement
    const teller = { epoch, sequence, toldAt: now, nodes: before?.nodes ?? new Map() }
    this.#tellers.set(hub, teller)
    const changed = gone.filter((address) => teller.nodes.delete(address))
    for (const { addresses, age, count, mtu } of nodes) {
      const told = { at: now - age, toldAt: now, ...(count !== undefined && { count }) }
      for (const address of addresses)
        if (note(teller.nodes, address, { ...told, ...(mtu !== undefined && { mtu }) }))
          changed.push(address)
    }
    return changed
  }

  /** As the kernel's routes have it from before: until the hubs speak, or should have. */
  remember(routes: readonly { address: string; name: string; mtu?: number }[], now: number): void {
    for (const [hub, those] of Map.groupBy(routes, ({ name }) => name)) {
      const nodes = those.map(({ address, name: _, ...rest }): [string, Told] => [
        address,
        { at: now, toldAt: now, ...rest },
      ])
      this.#tellers.set(hub, { epoch: 0, sequence: 0, toldAt: now, nodes: new Map(nodes) })
    }
  }

  /** The addresses that were not said for too long. */
  forget(now: number): string[] {
    const lost: string[] = []
    for (const { nodes } of this.#tellers.values())
      for (const [address, { toldAt }] of nodes)
        if (now - toldAt >= silenceMs && nodes.delete(address)) lost.push(address)
    return lost
  }

  /** Where an address is, as who knows it best says. */
  of(address: string): Whereabout | undefined {
    let best: Whereabout | undefined
    for (const [hub, { nodes }] of this.#tellers) {
      const told = nodes.get(address)
      if (told === undefined) continue
      const { toldAt: _, ...evidence } = told
      if (best === undefined || isLater(evidence, best)) best = { hub, ...evidence }
    }
    return best
  }

  /** Every address that is somewhere. */
  addresses(): Set<string> {
    return new Set([...this.#tellers.values()].flatMap(({ nodes }) => [...nodes.keys()]))
  }

  isAlive(hub: string, now: number): boolean {
    const toldAt = this.#tellers.get(hub)?.toldAt
    return toldAt !== undefined && now - toldAt < silenceMs
  }
}

/** A datagram that comes late, by the count of its hub's process or from the process before. */
function isOutdated(before: Teller, { epoch, sequence }: Announcement, now: number): boolean {
  if (epoch === before.epoch) return sequence <= before.sequence
  return epoch < before.epoch && now - before.toldAt < silenceMs
}

/** Whether anything but the time is new. */
function note(nodes: Map<string, Told>, address: string, told: Told): boolean {
  const before = nodes.get(address)
  if (before === undefined && nodes.size >= mostOfHub) return false
  nodes.set(address, told)
  if (before === undefined) return true
  return before.count !== told.count || before.mtu !== told.mtu || told.at > before.at + sweepMs
}
