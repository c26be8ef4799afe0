import type { AnswerOf } from '../../../src/protocol/endpoints.ts'
import type { TestServer } from '../test-server.ts'
import type { HostClient } from './hub-client.ts'

type Feed = AnswerOf<'feed'>
export type KnownNode = Feed['nodes'][number]

/** A hub that does as docs/protocol.md asks of hubs, and keeps what it knows. */
export interface ActingHub {
  readonly client: HostClient
  /** By id: all that is not freed, as the server told it last. */
  readonly nodes: ReadonlyMap<string, KnownNode>
  /** What was revoked here, or was ever told to be. */
  readonly revoked: ReadonlySet<string>
  readonly config: Feed['config']
  readonly position: string | undefined
  /** Nodes that have their way in. */
  live(): KnownNode[]
  /** Asks until it is where the server is, tells what it knows when it is asked to, and acknowledges. */
  sync(server: TestServer): Promise<void>
  revoke(node: string): void
}

export function makeActingHub(client: HostClient): ActingHub {
  let nodes = new Map<string, KnownNode>()
  const revoked = new Set<string>()
  let position: string | undefined
  let config: Feed['config']
  let configHash: string | undefined

  const take = (feed: Feed): void => {
    if (feed.kind === 'snapshot') nodes = new Map()
    for (const node of feed.nodes) {
      if (node.state === 'revoked') revoked.add(node.id)
      if (node.freed === null) nodes.set(node.id, node)
      else nodes.delete(node.id)
    }
    config = feed.config ?? config
    configHash = feed.configHash
    position = feed.position
  }
  return {
    client,
    revoked,
    get nodes() {
      return nodes
    },
    get config() {
      return config
    },
    get position() {
      return position
    },
    live: () => [...nodes.values()].filter(({ id }) => !revoked.has(id)),
    sync: async (server) => {
      const here = client.at(server)
      const since = position === undefined ? {} : { since: position }
      const feed = await here.feed({ ...since, ...(configHash && { config: configHash }) })
      if (feed.seed) {
        const told = { position: position ?? feed.position, nodes: [...nodes.values()] }
        await here.seed({ ...told, revoked: [...revoked] })
        take(await here.feed())
      } else take(feed)
      await here.report({ ...(position && { applied: position }), revoked: [...revoked] })
    },
    revoke: (node) => void revoked.add(node),
  }
}
