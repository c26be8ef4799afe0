import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../client/requests.ts'
import { DynfarmError } from '../errors.ts'
import type { Hub } from './hub.ts'
import { epochOf, feedQuestion, judgeFeed, seedOf, takeFeed } from './known.ts'
import { Said } from './said.ts'

const waitSeconds = 50
const shortestMs = 1000
const longestMs = 30_000

/** Follows the server's feed as long as the hub lives. Without a server nothing changes. */
export async function follow(hub: Hub, client: Client, end: AbortSignal): Promise<void> {
  const follower = new Follower(hub, client)
  const said = new Said(hub.log)
  let failures = 0
  while (!end.aborted) {
    try {
      await follower.step(end)
      if (failures > 0) hub.log.info('the server answers again')
      failures = 0
      said.tell([])
    } catch (error) {
      if (end.aborted) return
      if (!(error instanceof DynfarmError)) throw error
      failures += 1
      said.tell([`${error.message}; what is in force stays`])
      await pause(failures, end)
    }
  }
}

class Follower {
  readonly #hub: Hub
  readonly #client: Client
  /** The epoch whose store was told all that this hub knows. */
  #seeded: string | undefined
  #isAnew = false

  constructor(hub: Hub, client: Client) {
    this.#hub = hub
    this.#client = client
  }

  async step(signal: AbortSignal): Promise<void> {
    const hub = this.#hub
    const asked = Date.now()
    const question = this.#isAnew ? {} : feedQuestion(hub.known, this.#seeded)
    const query = { ...question, wait: String(waitSeconds) }
    const feed = await this.#client.request('feed', { query, signal })
    const verdict = judgeFeed(hub.known, feed, this.#seeded)
    this.#isAnew = verdict === 'ask-anew'
    if (verdict === 'seed') {
      hub.log.warn('the server begins a new epoch: it is told all that this hub knows')
      const body = seedOf(hub.known, feed)
      const { position } = await this.#client.request('hubSeed', { body, signal })
      this.#seeded = epochOf(position)
      return
    }
    const isNews =
      feed.kind === 'snapshot' || feed.config !== undefined || feed.position !== hub.known.position
    if (verdict === 'take' && isNews) await hub.learn((known) => takeFeed(known, feed))
    // A server that does not wait is not asked without end.
    else if (Date.now() - asked < shortestMs) await sleepFor(shortestMs, signal)
  }
}

async function pause(failures: number, end: AbortSignal): Promise<void> {
  const most = Math.min(longestMs, shortestMs * 2 ** (failures - 1))
  await sleepFor(most * (0.5 + Math.random() / 2), end)
}

async function sleepFor(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => {})
}
