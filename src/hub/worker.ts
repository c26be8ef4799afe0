import { convergePlan } from '../apply/apply.ts'
import type { Context } from '../apply/context.ts'
import type { Tools } from '../client/observe-tools.ts'
import { DynfarmError } from '../errors.ts'
import { replaceRoutes } from '../net/routes.ts'
import type { Step } from '../plan/step.ts'
import type { CentreConfig } from '../protocol/schema/centre-config.ts'
import { planAdmission } from './admission.ts'
import { comersOf, type Told, toldOf } from './comers.ts'
import type { Hub } from './hub.ts'
import { nodeRoutes } from './network/routing.ts'
import type { HubState } from './network/state.ts'
import { doneRequests, takeRequests } from './revocations.ts'
import { requireRootless, wantedPorts } from './rootless/ports.ts'
import {
  observeHost,
  type RoundOutcome,
  runRound,
  seatsInForce,
  seatsOf,
  waysInForce,
} from './round.ts'
import { Said } from './said.ts'

const everyMs = 30_000
/** A look that changed something is followed by another one, later and later while that goes on. */
const soonMs = 250
/** What changed in the kernel is put right within a second, and never looked at more often than it can be. */
const leastMs = 100
const mostMs = 800

/** The one loop that changes the host: one round at a time, and whatever comes meanwhile makes one more. */
export class Worker {
  readonly #hub: Hub
  readonly #tools: Tools
  readonly #said: Said
  /** Called after each round with what was wanted, and whether all of it is in force. */
  readonly #afterRound: (state: HubState, isWell: boolean) => void
  #state: HubState | undefined
  /** What was last acted on. */
  #told: Told | undefined
  /** Whether all of that is in force. */
  #isWell = false
  /** Until then what the kernel tells may be the coming of nodes, and a look is due. */
  #lookAt = 0
  /** Rounds in a row that found something to do, or failed. */
  #restless = 0
  #dueAt = 0

  constructor(hub: Hub, tools: Tools, afterRound: (state: HubState, isWell: boolean) => void) {
    this.#hub = hub
    this.#tools = tools
    this.#afterRound = afterRound
    this.#said = new Said(hub.log)
  }

  async run(end: AbortSignal): Promise<void> {
    const hub = this.#hub
    while (!end.aborted) {
      await this.followMoves()
      await this.#heedNews()
      if (hub.isLookWanted || performance.now() >= this.#dueAt) await this.#tryRound()
      if (hub.moves.size > 0 && this.#state !== undefined) continue
      await hub.keepSeats()
      await hub.toWork.next(Math.max(0, this.#dueAt - performance.now()), end)
    }
  }

  /** What cannot be read now may be readable the next time. */
  async #tryRound(): Promise<void> {
    try {
      await this.round()
    } catch (error) {
      if (!(error instanceof DynfarmError)) throw error
      this.#said.tell([`${error.message}; the next round tries again`])
      this.#pace(false)
    }
  }

  /** Something of what is in force was touched, by dynfarm itself or another hand. */
  kernelChanged(): void {
    const now = performance.now()
    const delay = Math.min(mostMs, leastMs * 2 ** this.#restless)
    this.#dueAt = Math.min(this.#dueAt, Math.max(this.#lookAt, now + delay))
    this.#hub.toWork.wake()
  }

  /** Those who only come are let in at once; whatever else is new wants a look at everything. */
  async #heedNews(): Promise<void> {
    const hub = this.#hub
    if (hub.isLookWanted || hub.known === this.#told?.known) return
    if (!this.#isWell || !(await this.#letIn(toldOf(hub)))) hub.isLookWanted = true
  }

  /** Without a look at the host: that follows when they have had the time to come. */
  async #letIn(told: Told): Promise<boolean> {
    const { identity, elsewhere } = this.#hub
    const comers = this.#told && comersOf(this.#told, told)
    if (comers === undefined || this.#state === undefined) return false
    const state = { ...this.#state, nodes: told.nodes, elsewhere }
    const plans = planAdmission(comers, { state, identity })
    if (plans === undefined) return false
    // Before the kernel tells of it: they are to find the hub with time for them, not at a look.
    if (comers.length > 0) this.#lookSoon()
    if (!(await this.#converge(plans))) return false
    this.#state = state
    this.#told = told
    this.#isInForce(told)
    return true
  }

  /** However many come one after the other. */
  #lookSoon(): void {
    const now = performance.now()
    if (this.#lookAt <= now) this.#lookAt = now + mostMs
    this.#dueAt = Math.min(this.#dueAt, this.#lookAt)
  }

  async #converge(plans: readonly Step[][]): Promise<boolean> {
    const outcomes = plans.map((steps) => convergePlan(steps, this.#context))
    return (await Promise.all(outcomes)).every(({ failure }) => failure === undefined)
  }

  /** Whole: everything is compared with the kernel. True when all that is known is in force after it. */
  async round(): Promise<boolean> {
    const hub = this.#hub
    // Before anything is read: what changes from here on wants another look.
    hub.isLookWanted = false
    const requests = await takeRequests(hub)
    this.#dueAt = performance.now() + everyMs
    this.#isWell = false
    this.#told = toldOf(hub)
    const { config } = hub.known
    if (config === undefined) return false
    const outcome = await this.#lookAndAct(config)
    this.#tell(outcome)
    const { failures, hasChanged, limits } = outcome
    const { held } = limits
    if (hub.usage.follow(limits)) hub.toReport.wake()
    // Sites without limits do not wait for those that are held back.
    this.#isWell = failures.length === 0
    this.#pace(this.#isWell && !hasChanged && held.size === 0)
    // Also where one tunnel fails: the others have nodes to be heard, and sessions to be ended.
    this.#afterRound(outcome.state, this.#isWell)
    if (!this.#isWell) return false
    this.#isInForce(this.#told)
    await doneRequests(hub, requests)
    return true
  }

  #isInForce({ known }: Told): void {
    const hub = this.#hub
    if (hub.applied !== known.position) hub.toReport.wake()
    hub.applied = known.position
  }

  #pace(isQuiet: boolean): void {
    this.#restless = isQuiet ? 0 : this.#restless + 1
    const pause = isQuiet ? everyMs : Math.min(everyMs, soonMs * 2 ** this.#restless)
    this.#dueAt = performance.now() + pause
  }

  async #lookAndAct(before: CentreConfig): Promise<RoundOutcome> {
    const hub = this.#hub
    const observed = await observeHost(this.#context)
    if (this.#state === undefined) this.#findSeats(observed)
    // What was learned while the host was looked at is acted on too.
    this.#told = toldOf(hub)
    const { identity, nodes, seats, elsewhere, closed, known } = hub
    const { config = before } = known
    if (hub.uplink !== undefined) requireRootless(identity.name, config)
    const wanted = { identity, tools: this.#tools, config, nodes, seats, elsewhere, closed }
    const outcome = await runRound(wanted, observed, this.#context)
    hub.rememberClosed(outcome.closed)
    this.#state = outcome.state
    const refused = (await hub.uplink?.openPorts(wantedPorts(identity.name, config))) ?? []
    return { ...outcome, failures: [...outcome.failures, ...refused] }
  }

  #findSeats({ network }: Awaited<ReturnType<typeof observeHost>>): void {
    const { seats, nodeAt } = { seats: this.#hub.seats, nodeAt: this.#hub.nodeAt.bind(this.#hub) }
    for (const [node, seat] of seatsInForce(network, nodeAt)) {
      const kept = seats.get(node)
      const isSame = kept?.rung === seat.rung && kept.mtu === seat.mtu
      if (!isSame) seats.set(node, { ...seat, at: Date.now() })
    }
    this.#hub.whereabouts.remember(waysInForce(network, 'hub'), Date.now())
  }

  /** Only the routes of those who moved, at once: the rest of the host is not looked at. */
  async followMoves(): Promise<void> {
    const hub = this.#hub
    const { config } = hub.known
    if (this.#state === undefined || config === undefined || hub.moves.size === 0) return
    const moved = [...hub.moves]
    hub.moves.clear()
    const { nodes, elsewhere } = hub
    const state = { ...this.#state, config, nodes, elsewhere, seats: seatsOf(hub.seats, config) }
    const ids = new Set(moved)
    const routes = state.nodes
      .filter(({ id }) => ids.has(id))
      .flatMap((node) => nodeRoutes(state, node))
    const { failure } = await convergePlan(replaceRoutes(routes), this.#context)
    // One that has no seat here any more has some routes to lose.
    const isGone = (id: string) => elsewhere.has(id) || !state.seats.has(id)
    if (failure !== undefined || moved.some(isGone)) hub.isLookWanted = true
    else this.#answer(moved)
  }

  #answer(moved: readonly string[]): void {
    for (const id of moved) {
      this.#hub.answers.get(id)?.()
      this.#hub.answers.delete(id)
    }
  }

  get #context(): Context {
    const { machine, log } = this.#hub
    return {
      machine,
      log: {
        info: (text) => {
          log.info(text.split('\n', 1)[0] ?? '')
          log.debug(text)
        },
        debug: log.debug,
      },
    }
  }

  #tell({ failures, blocked, limits }: RoundOutcome): void {
    this.#said.tell([
      ...heldLines(limits),
      ...failures.map((failure) => `${failure.message}; the next round tries again`),
      ...blocked.map(({ what, why }) => `${what} has to wait: ${why}`),
      ...this.#hub.quarrels,
    ])
  }
}

function heldLines({ held, heldAll }: RoundOutcome['limits']): string[] {
  if (heldAll !== undefined)
    return [`all nodes are held back, because the limit of this hub does not stand: ${heldAll}`]
  return [...held].map(
    ([site, why]) =>
      `the nodes of site "${site}" are held back, because its limits do not stand: ${why}`,
  )
}
