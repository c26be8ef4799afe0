import type { Client } from '../client/requests.ts'
import { DynfarmError } from '../errors.ts'
import { gone, type LinkHealth, type NodeHealth, newsOf, nodeHealth } from './health.ts'
import type { Hub } from './hub.ts'
import { untoldRevocations } from './known.ts'

/** A hub that is silent for a minute is not waited for by joins. */
const everyMs = 15_000
const afterFailureMs = 3_000
/** Bytes and last contacts need not be as fresh as who is where. */
const trafficMs = 60_000

/** Tells the server what is in force and what the hub sees, one report after the other. */
export async function report(hub: Hub, client: Client, end: AbortSignal): Promise<void> {
  const reporter = new Reporter(hub)
  while (!end.aborted) {
    const isTold = await reporter.tell(client, end)
    await hub.toReport.next(isTold ? everyMs : afterFailureMs, end)
  }
}

class Reporter {
  readonly #hub: Hub
  readonly #nodes = new Map<string, NodeHealth>()
  #links: readonly LinkHealth[] = []
  #held: ReadonlyMap<string, string> = new Map()
  #trafficAt = 0

  constructor(hub: Hub) {
    this.#hub = hub
  }

  async tell(client: Client, signal: AbortSignal): Promise<boolean> {
    const hub = this.#hub
    if (hub.known.position === undefined) return true
    const now = Date.now()
    const withTraffic = performance.now() - this.#trafficAt >= trafficMs
    const { elsewhere } = hub
    const here = hub.nodes.filter(({ id }) => !elsewhere.has(id))
    const health = [
      ...nodeHealth(here, { ...hub, openvpn: hub.openvpnRungs }, now),
      ...hub.streamHealth(),
    ]
    const nodes = [...newsOf(health, this.#nodes, withTraffic), ...gone(health, this.#nodes)]
    const links = hub.links === this.#links ? [] : [...hub.links]
    const { held } = hub.usage
    const withSites = withTraffic || held !== this.#held
    const ofHub = withSites ? hub.usage.ofHub() : undefined
    const revoked = untoldRevocations(hub.known)
    const body = {
      time: now,
      ...(hub.applied !== undefined && { applied: hub.applied }),
      ...(nodes.length > 0 && { nodes }),
      ...(links.length > 0 && { links }),
      ...(withSites && { sites: hub.usage.ofSites() }),
      ...(ofHub !== undefined && { hub: ofHub }),
      ...(revoked.length > 0 && { revoked }),
    }
    if (!(await this.#send(client, body, signal))) return false
    for (const one of nodes) this.#nodes.set(one.node, one)
    if (withTraffic) this.#trafficAt = performance.now()
    this.#links = hub.links
    this.#held = held
    return true
  }

  /** That the server is away is the follower's to say. */
  async #send(
    client: Client,
    body: Parameters<typeof client.request<'hubReport'>>[1]['body'],
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await client.request('hubReport', { body, signal })
      return true
    } catch (error) {
      if (!(error instanceof DynfarmError) && !signal.aborted) throw error
      this.#hub.log.debug(`no report: ${error instanceof Error ? error.message : error}`)
      return false
    }
  }
}
