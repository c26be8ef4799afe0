import { randomBytes } from 'node:crypto'
import type { As, Far } from '../copy/far.ts'
import {
  carryOut,
  type PutJob,
  type PutTally,
  putOnHost,
  type Surveyed,
  surveyHost,
  type Way,
} from '../copy/put-host.ts'
import type { InventoryNode } from '../inventory.ts'
import { HostFault, type Outcome } from '../outcome.ts'
import type { Session } from '../session/session.ts'
import type { World } from '../world.ts'
import { RelayNotes } from './notes.ts'
import { type Held, holdServer } from './serve.ts'
import { isWorthwhile, secondsFor, sharedBytes } from './shared.ts'
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
    const { job, signal } = this.#options
    const { far, tally, node } = host
    const surveyed = await surveyHost(far, job)
    if ('class' in surveyed) return surveyed
    const { plan, top } = surveyed
    tally.onPlan(plan)
    const way: Way = { top, blocks: job.blocks, tally }
    if (!isWorthwhile(sharedBytes(plan)) || this.#siblings(node).length === 0)
      return carryOut(far, plan, way)
    const turn = await this.#site(node.site).turn(signal)
    if (turn.kind === 'seed') return this.#seed(host, surveyed, turn.seat)
    if (turn.kind === 'sibling') return this.#fetch(host, surveyed, turn.serving)
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

  /** The others wait until it serves, or does not. */
  async #seed(
    { far, node, tally, again }: RelayHost,
    { plan, top, files }: Surveyed,
    seat: Seat,
  ): Promise<Outcome> {
    const heeded = { ...tally, onSent: (bytes: number) => heed(bytes, tally, seat) }
    try {
      const way = { top, blocks: this.#options.job.blocks, tally: heeded }
      const outcome = await carryOut(far, plan, way)
      if (outcome.class === 'ok') seat.settle(await this.#serve(node, { top, files, again }))
      return outcome
    } finally {
      seat.settle()
    }
  }

  async #serve(
    node: InventoryNode,
    { again, ...what }: Pick<Surveyed, 'top' | 'files'> & Pick<RelayHost, 'again'>,
  ): Promise<Serving | undefined> {
    const { as, signal } = this.#options
    const keys = new Map(this.#siblings(node).map(({ name }) => [name, makeKey()]))
    const held = await holdServer({ ...what, keys }, { as, signal, again }).catch(reasonOf)
    if (typeof held === 'string') {
      this.#notes.idle(node, held)
      return undefined
    }
    this.#held.push(held)
    const { address, port } = held
    return { seed: node.name, address, port, keys, given: 0, failed: 0 }
  }

  async #fetch(
    { far, node, tally }: RelayHost,
    { plan, top }: Surveyed,
    serving: Serving,
  ): Promise<Outcome> {
    const { job } = this.#options
    const bytes = sharedBytes(plan)
    const { address, port } = serving
    const from = { name: node.name, key: serving.keys.get(node.name) ?? '', address, port }
    const offer = { ...from, seconds: secondsFor(bytes) }
    const outcome = await carryOut(far, plan, { top, blocks: job.blocks, tally, offer })
    if (outcome.class === 'ok') {
      serving.given += 1
      tally.onRelayed(bytes)
      this.#notes.given(node, serving.seed)
    }
    if (outcome.class !== 'failed') return outcome
    serving.failed += 1
    this.#notes.direct(node, outcome.reason ?? 'the sibling gave nothing')
    return putOnHost(far, job, { ...tally, onPlan: () => undefined })
  }
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
