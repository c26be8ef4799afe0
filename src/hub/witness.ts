import { setTimeout as sleep } from 'node:timers/promises'
import { tunnelDevice } from '../vpn/names.ts'
import type { ObservedWireguard } from '../vpn/wireguard/wireguard.ts'
import type { HeardHello } from './hello.ts'
import type { Hub } from './hub.ts'
import { followManagement, type Management } from './management.ts'
import { openvpnPresences, type Presences, wireguardPresences } from './presence.ts'
import { heedGoing, heedHello, heedSighting, isSameSeat } from './seats.ts'
import { type HubTunnel, pathsOf } from './tunnels/wanted.ts'

/** A node that runs to and fro between rungs is not followed at every step. */
const restMs = 500

/** Sees where nodes are: by what they say, and by what the tunnels' ends know of them. */
export class Witness {
  readonly #hub: Hub
  readonly #followed = new Map<string, Management>()
  /** Those that were there at the last look. */
  readonly #wireguards = new Set<string>()
  readonly #movedAt = new Map<string, number>()

  constructor(hub: Hub) {
    this.#hub = hub
  }

  heardHello({ hello, from, answer }: HeardHello): void {
    const hub = this.#hub
    const node = hub.nodeAt(from)
    const isRung = hub.known.config?.tunnels.some(({ name }) => name === hello.rung)
    if (node === undefined || !isRung) return
    const before = hub.seats.get(node.id)
    const seating = heedHello(before, hello, Date.now())
    if (seating === before) return
    if (isSameSeat(before, seating) && !hub.moves.has(node.id) && !hub.isAway(node.id)) {
      hub.seat(node.id, seating)
      answer()
      return
    }
    const now = performance.now()
    const movedAt = this.#movedAt.get(node.id)
    if (before?.hello !== undefined && movedAt !== undefined && now - movedAt < restMs) return
    this.#movedAt.set(node.id, now)
    hub.answers.set(node.id, answer)
    hub.seat(node.id, seating)
  }

  sawWireguard(devices: ReadonlyMap<string, ObservedWireguard>): void {
    for (const { name, kind } of this.#tunnels) {
      if (kind !== 'wireguard') continue
      const before = this.#presencesOf(name)
      const device = devices.get(tunnelDevice(name))
      if (device === undefined && this.#wireguards.delete(name)) this.#hub.look()
      if (device !== undefined) this.#wireguards.add(name)
      this.#note(name, wireguardPresences(device, this.#hub.nodes, { before, now: Date.now() }))
    }
  }

  /** Every OpenVPN of the configuration is followed, and no other. */
  followOpenvpn(): void {
    const names = this.#tunnels.flatMap(({ name, kind }) => (kind === 'openvpn' ? [name] : []))
    for (const [name, management] of this.#followed) {
      if (names.includes(name)) continue
      management.close()
      this.#followed.delete(name)
      this.#hub.presences.delete(name)
    }
    for (const name of names) if (!this.#followed.has(name)) this.#follow(name)
  }

  /** Sessions of who has no way in any more, where the file that let them in is gone already. */
  endSessions(): void {
    for (const [name, clients] of this.#clients)
      for (const certificate of clients)
        if (this.#hub.nodeWith(certificate) === undefined)
          this.#followed.get(name)?.kill(certificate)
  }

  /** Until each OpenVPN that answers has told who is there, and was told whom to end. */
  async untilAsked(): Promise<void> {
    for (let looks = 0; looks < 20 && this.#clients.size < this.#followed.size; looks += 1)
      await sleep(50)
    await Promise.all([...this.#followed.values()].map((management) => management.flushed()))
  }

  close(): void {
    for (const management of this.#followed.values()) management.close()
  }

  /** Certificates by tunnel, as far as their sessions are known here. */
  readonly #clients = new Map<string, Set<string>>()

  #follow(name: string): void {
    const hub = this.#hub
    const management = followManagement(pathsOf(name).management, {
      established: ({ certificate }) => {
        this.#clientsOf(name).add(certificate)
        const node = hub.nodeWith(certificate)
        if (node === undefined) return management.kill(certificate)
        const now = Date.now()
        hub.seat(node.id, heedSighting(hub.seats.get(node.id), { rung: name, at: now }, now))
        management.ask()
      },
      status: (clients, asked) => {
        this.#clients.set(name, new Set(clients.map(({ certificate }) => certificate)))
        const before = this.#presencesOf(name)
        this.#note(name, openvpnPresences(clients, hub.nodes, { before, now: Date.now() }))
        this.#noteGoings(name, asked)
        this.endSessions()
      },
      lost: () => hub.look(),
    })
    this.#followed.set(name, management)
  }

  #note(rung: string, presences: Presences): void {
    const hub = this.#hub
    hub.presences.set(rung, presences)
    const now = Date.now()
    for (const [node, { began }] of presences)
      hub.seat(node, heedSighting(hub.seats.get(node), { rung, at: began }, now))
  }

  #noteGoings(rung: string, asked: number): void {
    const { seats } = this.#hub
    const there = this.#presencesOf(rung)
    for (const [node, seating] of seats)
      if (seating.rung === rung && !there.has(node)) this.#hub.seat(node, heedGoing(seating, asked))
  }

  #clientsOf(name: string): Set<string> {
    const clients = this.#clients.get(name) ?? new Set()
    this.#clients.set(name, clients)
    return clients
  }

  #presencesOf(rung: string): Presences {
    return this.#hub.presences.get(rung) ?? new Map()
  }

  get #tunnels(): readonly HubTunnel[] {
    return this.#hub.known.config?.tunnels ?? []
  }
}
