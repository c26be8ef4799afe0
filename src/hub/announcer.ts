import { canonicalAddress, familyOf } from '../address.ts'
import { type AnnouncedNode, encodeAnnouncements } from '../protocol/announcement.ts'
import { type AnnounceSockets, openAnnounceSockets } from './announce-sockets.ts'
import { awayNodes, evidenceOf } from './elsewhere.ts'
import type { Hub } from './hub.ts'
import { linkEnds } from './network/links.ts'
import { peerEnds } from './network/peers.ts'
import type { HubState } from './network/state.ts'
import { sweepMs } from './whereabouts.ts'

/** Tells the other hubs, and the hosts of services, which nodes are here; and hears where the others are. */
export class Announcer {
  readonly #hub: Hub
  readonly #sockets: AnnounceSockets
  readonly #epoch = Date.now()
  readonly #told = new Map<string, AnnouncedNode>()
  #sequence = 0
  #sweptAt = Number.NEGATIVE_INFINITY
  #ways: readonly Way[] = []
  /** By inner address. */
  #hubs: ReadonlyMap<string, string> = new Map()

  constructor(hub: Hub) {
    this.#hub = hub
    this.#sockets = openAnnounceSockets((from, announcement) => {
      const other = this.#hubs.get(from)
      if (other !== undefined) hub.moved(hub.whereabouts.heard(other, announcement, Date.now()))
    })
  }

  /** Speaks over the links of this state. */
  follow(state: HubState): void {
    this.#ways = waysOf(state)
    const peers = peerEnds(state)
    const hubs = peers.flatMap(({ hub, inner }) =>
      inner.map((one): [string, string] => [canonicalAddress(one), hub]),
    )
    this.#hubs = new Map(hubs)
    this.#sockets.listenOn([...new Set(this.#ways.map(({ from }) => from))])
  }

  async run(end: AbortSignal): Promise<void> {
    const hub = this.#hub
    while (!end.aborted) {
      this.tell(performance.now())
      hub.moved(hub.whereabouts.forget(Date.now()))
      await hub.toAnnounce.next(sweepMs, end)
    }
  }

  /** What is new, or all there is when it is time for that. */
  tell(now: number): void {
    if (this.#ways.length === 0) return
    const isSweep = now - this.#sweptAt >= sweepMs
    const here = announced(this.#hub, Date.now())
    const gone = [...this.#told].flatMap(([id, { addresses }]) => (here.has(id) ? [] : addresses))
    const nodes = [...here].flatMap(([id, node]) =>
      isSweep || !isSame(node, this.#told.get(id)) ? [node] : [],
    )
    if (isSweep) this.#sweptAt = now
    this.#told.clear()
    for (const [id, node] of here) this.#told.set(id, node)
    if (isSweep || nodes.length + gone.length > 0) this.#send({ nodes, gone: [...gone] })
  }

  close(): void {
    this.#sockets.close()
  }

  /** A datagram that is lost is made up for by the next sweep. */
  #send(news: Parameters<typeof encodeAnnouncements>[0]): void {
    const number = () => {
      this.#sequence += 1
      return { epoch: this.#epoch, sequence: this.#sequence }
    }
    for (const datagram of encodeAnnouncements(news, number))
      for (const way of this.#ways) this.#sockets.send(datagram, way)
  }
}

/** From an inner address of this hub to one of the same family. */
interface Way {
  from: string
  to: string
}

/** A service that one hub alone has a link to has no choice, and need not hear anything. */
export function waysOf(state: HubState): Way[] {
  const peers = peerEnds(state)
  if (peers.length === 0) return []
  const own = state.config.hubs.find(({ name }) => name === state.hub)?.inner ?? []
  const ends = [
    ...peers.map(({ inner }) => inner),
    ...linkEnds(state).map(({ addresses }) => addresses),
  ]
  return ends.flatMap((addresses) => {
    const ways = own.flatMap((from) => {
      const to = addresses.find((one) => familyOf(one) === familyOf(from))
      return to === undefined ? [] : [{ from: canonicalAddress(from), to }]
    })
    return ways.slice(0, 1)
  })
}

/** The nodes that are here, by id. */
function announced(hub: Hub, now: number): Map<string, AnnouncedNode> {
  const away = awayNodes(hub.nodes, hub)
  return new Map(
    hub.nodes.flatMap(({ id, addresses }): [string, AnnouncedNode][] => {
      const seat = hub.seats.get(id)
      if (seat === undefined || away.has(id)) return []
      const { at, count } = evidenceOf(seat)
      const { mtu } = seat
      const known = { ...(count !== undefined && { count }), ...(mtu !== undefined && { mtu }) }
      return [[id, { addresses, age: Math.max(0, now - at), ...known }]]
    }),
  )
}

function isSame(one: AnnouncedNode, other: AnnouncedNode | undefined): boolean {
  return one.count === other?.count && one.mtu === other?.mtu
}
