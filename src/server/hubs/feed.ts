import type { Profile } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { parsePosition, renderPosition } from '../../protocol/position.ts'
import type { Feed, HostRecord, Position } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import type { Call } from '../call.ts'
import type { Server } from '../server.ts'
import { type CurrentConfig, currentConfig } from './current-config.ts'
import { viewOf } from './feed-view.ts'
import { hostOf, stillIn } from './host-caller.ts'
import { heedWitness } from './lost-history.ts'
import { type News, waitForNews } from './news.ts'

type FeedAnswer = AnswerOf<'feed'>

const longestWaitMs = 60_000
/** While the store waits for what this hub knows, it is asked often. */
const seedingWaitMs = 2_000

/** Who asks, and what it has by its own word. */
interface Asking {
  host: HostRecord
  since: Position | undefined
  configHash: string | undefined
}

/** `GET /v1/hub/feed`: what changed since, held open until something does. */
export async function followFeed(call: Call<'feed'>, server: Server): Promise<FeedAnswer> {
  const { since, config: configHash, wait } = call.query ?? {}
  const asking = { host: hostOf(call.caller), since: parsePosition(since ?? ''), configHash }
  const now = await answerNow(asking, server)
  const milliseconds = waitingTime(wait, now)
  if (milliseconds === 0 || isNews(now, asking)) return now
  const isEnough = (news: News): boolean =>
    !isAt(news.position, asking) || currentOf(asking, server).hash !== configHash
  await waitForNews(server, isEnough, { milliseconds, signal: call.signal })
  return call.signal.aborted ? now : answerNow(asking, server)
}

function waitingTime(wait: string | undefined, { seed }: FeedAnswer): number {
  return Math.min(Number(wait ?? 0) * 1000, seed ? seedingWaitMs : longestWaitMs)
}

function isNews({ kind, position, config }: FeedAnswer, { since }: Asking): boolean {
  return (
    kind === 'snapshot' || config !== undefined || position !== (since && renderPosition(since))
  )
}

function isAt({ epoch, generation }: Position, { since }: Asking): boolean {
  return epoch === since?.epoch && generation === since.generation
}

function currentOf({ host }: Asking, { profile, keys }: Server): CurrentConfig {
  return currentConfig(profile(), keys, host)
}

async function answerNow(asking: Asking, server: Server): Promise<FeedAnswer> {
  const profile = server.profile()
  const current = currentConfig(profile, server.keys, asking.host)
  const found = await server.store.read((reads) => lookUp(reads, asking, current))
  if (found.witness === undefined) return compose(found, asking, { profile, current, server })
  const witness = { host: found.host, position: found.witness, at: server.now() }
  await server.store.write((tx) => heedWitness(tx, witness))
  return answerNow(asking, server)
}

interface Found {
  host: HostRecord
  feed: Feed
  /** What a hub holds and this store never gave. */
  witness: Position | undefined
}

/** Which nodes a service host is told of depends on the configuration: with another one it begins anew. */
async function lookUp(
  { feed, hosts }: Reads,
  { host: { id }, since, configHash }: Asking,
  { hash }: CurrentConfig,
): Promise<Found> {
  const host = stillIn(await hosts.byId(id))
  const followed = host.role === 'hub' || configHash === hash ? since : undefined
  return {
    host,
    feed: await feed.since(followed),
    witness: host.role === 'hub' && (await isNeverGiven(feed, since)) ? since : undefined,
  }
}

async function isNeverGiven(feed: Reads['feed'], since: Position | undefined): Promise<boolean> {
  return since !== undefined && (await feed.standing(since)) === 'never-given'
}

interface InForce {
  profile: Profile
  current: CurrentConfig
  server: Server
}

function compose({ host, feed }: Found, asking: Asking, inForce: InForce): FeedAnswer {
  const { current, profile, server } = inForce
  const isToKnow = feed.kind === 'snapshot' || current.hash !== asking.configHash
  return {
    kind: feed.kind,
    time: server.now(),
    position: renderPosition(feed.position),
    ...viewOf(feed, host, profile),
    ...(isToKnow && { config: current.config }),
    configHash: current.hash,
    seed: isToSeed(host, feed.position, asking.since),
  }
}

/** A hub that comes from another epoch may know what the store lost, also when it enrolled anew in this one. */
function isToSeed(
  { role, seededEpoch }: HostRecord,
  now: Position,
  since: Position | undefined,
): boolean {
  return role === 'hub' && (seededEpoch !== now.epoch || (since ?? now).epoch !== now.epoch)
}
