import type { AnswerOf, RequestOf } from '../protocol/endpoints.ts'
import { parsePosition } from '../protocol/position.ts'

export type Feed = AnswerOf<'feed'>
export type FeedNode = Feed['nodes'][number]
export type FeedHost = Feed['hosts'][number]

/** What the hub was told, and keeps through every absence of the server. */
export interface Known {
  /** Up to here the feed was taken in; undefined before the first of it. */
  position: string | undefined
  config: Feed['config']
  configHash: string | undefined
  /** By id, and so below: all that live, in whatever state. */
  nodes: ReadonlyMap<string, FeedNode>
  hosts: ReadonlyMap<string, FeedHost>
  /** Every node that was ever revoked, by the server or here. No feed takes one out. */
  revoked: ReadonlySet<string>
}

export const nothingKnown: Known = {
  position: undefined,
  config: undefined,
  configHash: undefined,
  nodes: new Map(),
  hosts: new Map(),
  revoked: new Set(),
}

/** What to ask for: a hub that has told a store of this epoch all it knows begins anew there. */
export function feedQuestion(
  { position, configHash }: Known,
  seededEpoch: string | undefined,
): { since?: string; config?: string } {
  const isLeft = seededEpoch !== undefined && seededEpoch !== epochOf(position)
  return {
    ...(position !== undefined && !isLeft && { since: position }),
    ...(configHash !== undefined && { config: configHash }),
  }
}

/**
 * Whether an answer may be taken in. A store of another epoch may have lost what this hub knows, whatever it says
 * itself: it hears all of it first, so that what it gives after that is more than the list of an old backup.
 */
export function judgeFeed(
  { position }: Known,
  feed: Pick<Feed, 'kind' | 'position' | 'seed'>,
  seededEpoch: string | undefined,
): 'take' | 'seed' | 'ask-anew' {
  const [here, there] = [epochOf(position), epochOf(feed.position)]
  if (feed.seed && seededEpoch !== there) return 'seed'
  if (here !== undefined && here !== there && seededEpoch !== there) return 'seed'
  return feed.kind === 'delta' && here !== there ? 'ask-anew' : 'take'
}

export function takeFeed(known: Known, feed: Feed): Known {
  const nodes = new Map(feed.kind === 'snapshot' ? [] : known.nodes)
  const hosts = new Map(feed.kind === 'snapshot' ? [] : known.hosts)
  const revoked = new Set(known.revoked)
  for (const node of feed.nodes) {
    if (node.state === 'revoked') revoked.add(node.id)
    if (node.freed === null) nodes.set(node.id, node)
    else nodes.delete(node.id)
  }
  for (const host of feed.hosts) hosts.set(host.id, host)
  return {
    position: feed.position,
    config: feed.config ?? known.config,
    configHash: feed.config === undefined ? known.configHash : feed.configHash,
    nodes,
    hosts,
    revoked,
  }
}

/** All that this hub knows, for a store that may know less. */
export function seedOf(known: Known, feed: Pick<Feed, 'position'>): RequestOf<'hubSeed'> {
  return {
    position: known.position ?? feed.position,
    nodes: [...known.nodes.values()],
    revoked: [...known.revoked],
  }
}

/** Revoked here, and the server has not said so yet. */
export function untoldRevocations({ nodes, revoked }: Known): string[] {
  return [...revoked].filter((id) => {
    const node = nodes.get(id)
    return node !== undefined && node.state !== 'revoked'
  })
}

export function epochOf(position: string | undefined): string | undefined {
  return position === undefined ? undefined : parsePosition(position)?.epoch
}
