import type { Machine } from '../apply/machine.ts'
import { isSystemError, systemMessage } from '../apply/system-error.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { ClosedRecord } from './closed.ts'
import { awayAt, awayNodes } from './elsewhere.ts'
import type { LinkHealth, NodeHealth } from './health.ts'
import type { HubIdentity } from './identity.ts'
import type { Known } from './known.ts'
import { Usage } from './limits/usage.ts'
import { keepKnown, keepSeats, type Seats } from './memory.ts'
import type { Presences } from './presence.ts'
import { byCertificate } from './presence.ts'
import type { Uplink } from './rootless/uplink.ts'
import { type LiveNode, type Roster, rosterOf } from './roster.ts'
import { Said } from './said.ts'
import { isSameSeat, type Seating } from './seats.ts'
import { Wake } from './wake.ts'
import { type Whereabout, Whereabouts } from './whereabouts.ts'

export interface HubOptions {
  identity: HubIdentity
  /** The state folder of all of dynfarm. */
  state: string
  machine: Machine
  log: Log
  known: Known
  /** On the disk one of its files is not as it should be. */
  isDamaged?: boolean
  seats: Seats
  /** Of a hub without root. */
  uplink?: Uplink | undefined
}

/** What the loops of one hub share: what it was told, what it sees, and what it has in force. */
export class Hub {
  readonly state: string
  readonly machine: Machine
  readonly log: Log
  readonly uplink: Uplink | undefined
  readonly seats: Map<string, Seating>
  /** By rung. */
  readonly presences = new Map<string, Presences>()
  /** Nodes whose routes are to follow them. */
  readonly moves = new Set<string>()
  /** What is still to be said to a node, once its routes follow it. */
  readonly answers = new Map<string, () => void>()
  readonly toWork = new Wake()
  readonly toReport = new Wake()
  readonly toAnnounce = new Wake()
  /** Of nodes that are at other hubs, as those say. */
  readonly whereabouts = new Whereabouts()
  readonly usage = new Usage()
  closed: ClosedRecord | undefined
  links: readonly LinkHealth[] = []
  /** Of jobs that come without a tunnel. */
  streamHealth: () => readonly NodeHealth[] = () => []
  /** All of the feed up to here is in force. */
  applied: string | undefined
  /** Whether to compare everything with the kernel again. */
  isLookWanted = true
  /** Whether the disk took what was to be kept. */
  isKept = true
  #identity: HubIdentity
  #known: Known
  /** As it is on the disk. */
  #kept: Known | undefined
  #roster: Roster
  #byAddress: ReadonlyMap<string, LiveNode>
  #byCertificate: ReadonlyMap<string, LiveNode>
  #byId: ReadonlyMap<string, LiveNode>
  #areSeatsKept = true
  readonly #unkept: Said
  #learning: Promise<void> = Promise.resolve()

  constructor({ identity, state, machine, log, known, isDamaged, seats, uplink }: HubOptions) {
    this.#identity = identity
    this.state = state
    this.machine = machine
    this.log = log
    this.#unkept = new Said(log)
    this.uplink = uplink
    this.seats = new Map(seats.seats)
    this.closed = seats.closed
    this.#known = known
    this.#kept = isDamaged === true ? undefined : known
    this.#roster = rosterOf(known)
    this.#byAddress = byAddress(this.#roster.nodes)
    this.#byCertificate = byCertificate(this.#roster.nodes)
    this.#byId = byId(this.#roster.nodes)
  }

  get identity(): HubIdentity {
    return this.#identity
  }

  /** The same hub with another certificate, which its tunnels are to have too. */
  become(identity: HubIdentity): void {
    this.#identity = identity
    this.look()
  }

  get known(): Known {
    return this.#known
  }

  get nodes(): readonly LiveNode[] {
    return this.#roster.nodes
  }

  get quarrels(): readonly string[] {
    return this.#roster.quarrels
  }

  get openvpnRungs(): ReadonlySet<string> {
    const tunnels = this.#known.config?.tunnels ?? []
    return new Set(tunnels.flatMap(({ name, kind }) => (kind === 'openvpn' ? [name] : [])))
  }

  nodeAt(address: string): LiveNode | undefined {
    return this.#byAddress.get(address)
  }

  nodeWith(certificate: string): LiveNode | undefined {
    return this.#byCertificate.get(certificate)
  }

  /** What is learned is on the disk before anything follows from it; two who learn at once do so in turn. */
  async learn(change: (known: Known) => Known): Promise<void> {
    const learning = this.#learning.then(() => this.#take(change(this.#known)))
    this.#learning = learning.catch(() => {})
    await learning
  }

  async #take(now: Known): Promise<void> {
    const before = this.#kept
    this.isKept = await this.#keep(() => keepKnown(this.machine, this.state, { now, before }))
    if (this.isKept) this.#kept = now
    this.#known = now
    this.#roster = rosterOf(now)
    this.#byAddress = byAddress(this.nodes)
    this.#byCertificate = byCertificate(this.nodes)
    this.#byId = byId(this.nodes)
    for (const id of this.seats.keys()) if (!this.#byId.has(id)) this.seats.delete(id)
    this.toWork.wake()
    this.toAnnounce.wake()
  }

  look(): void {
    this.isLookWanted = true
    this.toWork.wake()
  }

  seat(node: string, seating: Seating | undefined): void {
    const before = this.seats.get(node)
    if (before === seating) return
    const wasAway = this.isAway(node)
    if (seating === undefined) this.seats.delete(node)
    else this.seats.set(node, seating)
    this.#areSeatsKept = false
    if (isSameSeat(before, seating) && !wasAway) return
    this.toReport.wake()
    this.toAnnounce.wake()
    this.moves.add(node)
    this.toWork.wake()
  }

  /** Of these addresses other hubs said something new. */
  moved(addresses: readonly string[]): void {
    const nodes = addresses.flatMap((address) => this.nodeAt(address)?.id ?? [])
    if (nodes.length === 0) return
    for (const node of nodes) this.moves.add(node)
    this.toWork.wake()
    this.toAnnounce.wake()
  }

  /** Whether another hub knows better where a node is. */
  isAway(node: string): boolean {
    const live = this.#byId.get(node)
    return live !== undefined && awayAt(live, this) !== undefined
  }

  /** The nodes that are at other hubs. */
  get elsewhere(): ReadonlyMap<string, Whereabout> {
    return awayNodes(this.nodes, this)
  }

  rememberClosed(closed: ClosedRecord): void {
    if (JSON.stringify(closed) === JSON.stringify(this.closed)) return
    this.closed = closed
    this.#areSeatsKept = false
  }

  async keepSeats(): Promise<void> {
    if (this.#areSeatsKept) return
    this.#areSeatsKept = true
    const { seats, closed } = this
    const isKept = await this.#keep(() => keepSeats(this.machine, this.state, { seats, closed }))
    this.#areSeatsKept &&= isKept
  }

  /** A full disk is no reason to let somebody in who was revoked: it is told, and what was learned holds. */
  async #keep(write: () => Promise<void>): Promise<boolean> {
    try {
      await write()
      this.#unkept.tell([])
      return true
    } catch (error) {
      const why = whyNotKept(error)
      if (why === undefined) throw error
      this.#unkept.tell([`what the hub knows cannot be kept, and is in force all the same: ${why}`])
      return false
    }
  }
}

function whyNotKept(error: unknown): string | undefined {
  if (isSystemError(error)) return systemMessage(error)
  return error instanceof DynfarmError ? error.message : undefined
}

function byId(nodes: readonly LiveNode[]): ReadonlyMap<string, LiveNode> {
  return new Map(nodes.map((node) => [node.id, node]))
}

function byAddress(nodes: readonly LiveNode[]): ReadonlyMap<string, LiveNode> {
  return new Map(
    nodes.flatMap((node) => node.addresses.map((address): [string, LiveNode] => [address, node])),
  )
}
