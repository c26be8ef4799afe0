import { canonicalAddress, contains, parseAddress, parsePrefix } from '../../address.ts'
import { convergePlan } from '../../apply/apply.ts'
import type { Context } from '../../apply/context.ts'
import { type Lock, lockState } from '../../apply/lock.ts'
import type { Machine } from '../../apply/machine.ts'
import { serviceLinks } from '../../client/join/service.ts'
import { observeNetwork } from '../../client/observe-network.ts'
import { DynfarmError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { type Link, serviceDevice } from '../../net/link.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { planNetwork } from '../../net/plan-network.ts'
import { replaceRoutes } from '../../net/routes.ts'
import { serviceNetwork } from '../../net/service-end.ts'
import { type NodePlace, placeRoutes, type Steering, steeringInForce } from '../../net/steering.ts'
import type { Step } from '../../plan/step.ts'
import type { Announcement } from '../../protocol/announcement.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { Wake } from '../wake.ts'
import { silenceMs, sweepMs, Whereabouts } from '../whereabouts.ts'

const everyMs = 30_000

/** Brings the routes of a service's host to what its hubs say. */
export class Steerer {
  readonly #machine: Machine
  readonly #log: Log
  /** Of what join keeps, and its lock. */
  readonly #folder: string
  readonly #wake = new Wake()
  readonly #whereabouts = new Whereabouts()
  readonly #beganAt = Date.now()
  readonly #moves = new Set<string>()
  #links: readonly Link[] = []
  #nodes: readonly string[] = []
  #order: readonly string[] = []
  #isLookWanted = true
  #dueAt = 0

  constructor({ machine, log, folder }: { machine: Machine; log: Log; folder: string }) {
    this.#machine = machine
    this.#log = log
    this.#folder = folder
  }

  /** Of this service, where its hubs find it; none while the links are down. */
  get addresses(): string[] {
    const own = this.#links.flatMap(({ service }) => service.addresses)
    return [...new Set(own.map(canonicalAddress))]
  }

  heard(from: string, announcement: Announcement): void {
    const link = this.#links.find(({ hub }) => hub.inner.map(canonicalAddress).includes(from))
    if (link === undefined) return
    const now = Date.now()
    for (const address of this.#whereabouts.heard(link.hub.name, announcement, now))
      this.#moves.add(address)
    if (this.#moves.size > 0 || this.#orderAt(now).join() !== this.#order.join()) this.#wake.wake()
  }

  look(): void {
    this.#isLookWanted = true
    this.#wake.wake()
  }

  async untilNews(end: AbortSignal): Promise<void> {
    const pause = Math.min(sweepMs, Math.max(0, this.#dueAt - performance.now()))
    await this.#wake.next(pause, end)
  }

  /** Nodes that moved at once; everything else when it is time, or something was touched. */
  async round(config: CentreConfig): Promise<void> {
    const now = Date.now()
    const lost = this.#whereabouts.forget(now)
    const order = this.#orderAt(now)
    const hasToLook = lost.length > 0 || order.join() !== this.#order.join()
    if (!(await this.#followMoves()) || hasToLook) this.#isLookWanted = true
    if (this.#isLookWanted || performance.now() >= this.#dueAt) await this.#converge(config, now)
  }

  /** False when routes have to go, which a whole look does. */
  async #followMoves(): Promise<boolean> {
    const moved = [...this.#moves]
    this.#moves.clear()
    if (moved.length === 0) return true
    const places = this.#placesOf(moved)
    const routes = [...places].flatMap(([address, place]) =>
      placeRoutes(this.#links, address, place),
    )
    const { failure } = await convergePlan(replaceRoutes(routes), this.#context)
    return failure === undefined && places.size === moved.length
  }

  async #converge(config: CentreConfig, now: number): Promise<void> {
    this.#isLookWanted = false
    this.#dueAt = performance.now() + everyMs
    const observed = await observeNetwork(this.#machine)
    const links = serviceLinks(config, observed)
    const isFirst = this.#links.length === 0
    this.#nodes = config.nodes
    this.#links = isUp(links, observed) ? links : []
    if (this.#links.length === 0) return
    if (isFirst) this.#goOn(observed, now)
    this.#order = this.#orderAt(now)
    if (this.#planFrom(config, observed).length > 0) await this.#applyAlone(config)
  }

  #planFrom(config: CentreConfig, observed: ObservedNetwork): Step[] {
    const { nodes } = config
    const places = this.#placesOf(this.#whereabouts.addresses())
    const steering = { order: this.#order, places }
    const wanted = serviceNetwork({ links: this.#links, nodes, steering })
    return planNetwork(wanted, observed).steps
  }

  /** Not while a join or a `down` is at work, which would meet with the same routes: then it is tried again. */
  async #applyAlone(config: CentreConfig): Promise<void> {
    const lock = lockUnlessBusy(this.#folder)
    if (lock === undefined) {
      this.#isLookWanted = true
      return
    }
    try {
      const observed = await observeNetwork(this.#machine)
      if (!isUp(this.#links, observed)) return
      const { failure } = await convergePlan(this.#planFrom(config, observed), this.#context)
      if (failure !== undefined) throw failure
    } finally {
      lock.release()
    }
  }

  /** From what the kernel has of the process before, until the hubs speak. */
  #goOn(observed: ObservedNetwork, now: number): void {
    const { order, places } = steeringInForce(this.#links, this.#nodes, observed)
    const routes = [...places].map(([address, { hub: name, ...rest }]) => ({
      address,
      name,
      ...rest,
    }))
    this.#whereabouts.remember(routes, now)
    this.#order = order
  }

  /** Who lives comes first; whether a hub lives is not known before it had time to speak. */
  #orderAt(now: number): Steering['order'] {
    const names = [...new Set(this.#links.map(({ hub }) => hub.name))]
    if (now - this.#beganAt < silenceMs && this.#order.length === names.length) return this.#order
    const alive = names.filter((name) => this.#whereabouts.isAlive(name, now))
    return [...alive, ...names.filter((name) => !alive.includes(name))]
  }

  /** Only what is a node's: a hub that goes astray takes no other routes. */
  #placesOf(addresses: Iterable<string>): ReadonlyMap<string, NodePlace> {
    const ranges = this.#nodes.flatMap((text) => parsePrefix(text) ?? [])
    const inner = new Set(this.#links.flatMap(({ hub }) => hub.inner.map(canonicalAddress)))
    const places = [...addresses].flatMap((address): [string, NodePlace][] => {
      const parsed = parseAddress(address)
      const place = this.#whereabouts.of(address)
      if (parsed === undefined || place === undefined || inner.has(address)) return []
      if (!ranges.some((range) => contains(range, parsed))) return []
      const { hub, mtu } = place
      return [[address, { hub, ...(mtu !== undefined && { mtu }) }]]
    })
    return new Map(places)
  }

  get #context(): Context {
    const { debug } = this.#log
    return { machine: this.#machine, log: { info: debug, debug } }
  }
}

/** While one of them is not there, `down` may be about to take the others: join makes them, nobody else. */
function isUp(links: readonly Link[], { devices }: ObservedNetwork): boolean {
  const names = new Set(devices.map(({ name }) => name))
  return links.every((link) => names.has(serviceDevice(link).name))
}

function lockUnlessBusy(folder: string): Lock | undefined {
  try {
    return lockState(folder)
  } catch (error) {
    if (error instanceof DynfarmError && error.code === 'busy') return undefined
    throw error
  }
}
