import { randomBytes } from 'node:crypto'
import type { As, Far } from '../copy/far.ts'
import { carryOut, putOnHost, type Surveyed, surveyHost } from '../copy/put-host.ts'
import type { PutJob, PutTally, Way } from '../copy/put-job.ts'
import type { InventoryNode } from '../inventory.ts'
import { HostFault, type Outcome } from '../outcome.ts'
import type { Session } from '../session/session.ts'
import type { World } from '../world.ts'
import { RelayNotes } from './notes.ts'
import { type Held, holdServer } from './serve.ts'
import { isWorthwhile, type Offer, secondsFor, sharedBytes } from './shared.ts'
import { type Seat, type Serving, SiteRelay } from './site.ts'

export interface RelayOptions {
  nodes: readonly InventoryNode[]
  job: PutJob
  as: As
  signal: AbortSignal
  log: World['log']
}

export interface RelayTally extends PutTally {
  /** Bytes that came from a sibling. */
  onRelayed(bytes: number): void
}

/** One node of a run, on its connection. */
export interface RelayHost {
  node: InventoryNode
  far: Far
  tally: RelayTally
  again(): Promise<Session>
}

/** A copy that goes to one node of each site, and from there to the others; to whom it does not, directly. */
export class Relay {
  readonly #options: RelayOptions
  readonly #sites = new Map<string, SiteRelay>()
  readonly #held: Held[] = []
  readonly #notes = new RelayNotes()

  constructor(options: RelayOptions) {
    this.#options = options
  }

  async put(host: RelayHost): Promise<Outcome> {
    const { job } = this.#options
    const { far, tally, node } = host
    const surveyed = await surveyHost(far, job)
    if ('class' in surveyed) return surveyed
    const { plan, top } = surveyed
    tally.onPlan(plan)
    const way: Way = { top, blocks: job.blocks, tally }
    if (!isWorthwhile(sharedBytes(plan)) || this.#siblings(node).length === 0)
      return carryOut(far, plan, way)
    const turn = this.#site(node.site).turn()
    if (turn.kind === 'seed') return this.#seed(host, surveyed, turn.seat)
    if (turn.kind === 'sibling') return this.#fetch(host, surveyed, turn.seat)
    this.#notes.direct(node, 'no sibling serves')
    return carryOut(far, plan, way)
  }

  /** Closes what siblings serve, and tells what came of it. */
  async close(): Promise<void> {
    await Promise.all(this.#held.map((held) => held.end()))
    this.#notes.tell(this.#options.log)
  }

  #site(name: string): SiteRelay {
    const site = this.#sites.get(name) ?? new SiteRelay()
    this.#sites.set(name, site)
    return site
  }

  #siblings({ name, site }: InventoryNode): InventoryNode[] {
    return this.#options.nodes.filter((each) => each.site === site && each.name !== name)
  }

  /** It begins to serve while it still gets the last bytes, and the others wait for that. */
  async #seed(host: RelayHost, surveyed: Surveyed, seat: Seat): Promise<Outcome> {
    const { far, node, tally } = host
    const { plan, top } = surveyed
    const ready = Promise.withResolvers<boolean>()
    const serving = this.#serve(host, surveyed, ready.promise)
    const heeded = { ...tally, onSent: (bytes: number) => heed(bytes, tally, seat) }
    try {
      const outcome = await carryOut(far, plan, {
        top,
        blocks: this.#options.job.blocks,
        tally: heeded,
      })
      if (outcome.class !== 'ok') return outcome
      ready.resolve(true)
      const served = await serving
      if (typeof served === 'string') this.#notes.idle(node, served)
      else seat.settle(served)
      return outcome
    } finally {
      ready.resolve(false)
      seat.settle()
    }
  }

  async #serve(
    { node, again }: RelayHost,
    what: Surveyed,
    ready: Promise<boolean>,
  ): Promise<Serving | string> {
    const { as, signal } = this.#options
    const keys = new Map(this.#siblings(node).map(({ name }) => [name, makeKey()]))
    const context = { as, signal, again, ready }
    const held = await holdServer({ ...what, keys }, context).catch(reasonOf)
    if (typeof held === 'string') return held
    this.#held.push(held)
    const { address, port } = held
    return { seed: node.name, address, port, keys, given: 0, failed: 0 }
  }

  /** Its part begins at once, and waits there for the one that is to serve. */
  async #fetch(host: RelayHost, { plan, top }: Surveyed, seat: Seat): Promise<Outcome> {
    const { job } = this.#options
    const { far, node, tally } = host
    const bytes = sharedBytes(plan)
    const offer = seat.outcome().then((serving) => offerFor(node.name, serving, bytes))
    offer.catch(() => undefined)
    const outcome = await carryOut(far, plan, { top, blocks: job.blocks, tally, offer })
    const { serving } = seat
    if (outcome.class === 'ok' && serving !== undefined) {
      serving.given += 1
      tally.onRelayed(bytes)
      this.#notes.given(node, serving.seed)
    }
    if (outcome.class !== 'failed') return outcome
    const again = { ...host, tally: { ...tally, onPlan: () => undefined } }
    if (seat.isLost) return this.put(again)
    if (serving !== undefined) serving.failed += 1
    this.#notes.direct(node, outcome.reason ?? 'the sibling gave nothing')
    return putOnHost(far, job, again.tally)
  }
}

function offerFor(name: string, serving: Serving | undefined, bytes: number): Offer {
  const key = serving?.keys.get(name)
  if (serving === undefined || key === undefined) throw new Error('no sibling serves')
  const { address, port } = serving
  return { name, key, address, port, seconds: secondsFor(bytes) }
}

function heed(bytes: number, tally: PutTally, seat: Seat): void {
  seat.heard()
  tally.onSent(bytes)
}

function makeKey(): string {
  return randomBytes(32).toString('hex')
}

/** A node that cannot be reached a second time serves nobody; it has its own copy. */
function reasonOf(error: unknown): string {
  if (error instanceof HostFault) return error.message
  throw error
}
