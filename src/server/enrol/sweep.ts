import { parseDuration } from '../../profile/quantity.ts'
import type { Profile } from '../../profile/types.ts'
import type { NodeSummary, SlotRole, Time } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import type { Server } from '../server.ts'
import { endNode } from './freeing.ts'
import { forgetAfter, hubSilenceMs, isGone, isSilenceTrue, leastSilence } from './silence.ts'

/** The first comes when every hub that is there can have been heard of, so that an outage here ends no node. */
const firstMs = hubSilenceMs
const everyMs = 5 * 60_000

/** Ends from time to time what is over. Several servers on one store do so each, and the second finds nothing. */
export function startSweeps(server: Server): () => Promise<void> {
  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const plan = (ms: number): void => {
    if (!stopped) timer = setTimeout(run, jittered(ms)).unref()
  }
  const run = (): void => {
    running = sweep(server)
      .catch((error: unknown) => server.log.error(`the sweep failed: ${textOf(error)}`))
      .finally(() => plan(everyMs))
  }
  plan(firstMs)
  return async () => {
    stopped = true
    clearTimeout(timer)
    await running
  }
}

function jittered(ms: number): number {
  return ms * (1 + Math.random() / 4)
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** Ends nodes and jobs that are gone and machines that wait no more, and forgets what was kept long enough. */
export async function sweep(server: Server): Promise<void> {
  await forgetNodes(server)
  await pruneAudit(server)
  await pruneNodes(server)
}

interface Range {
  readonly site: string
  readonly role: SlotRole
}

async function forgetNodes(server: Server): Promise<void> {
  const counts = await server.store.read(({ nodes }) => nodes.counts())
  const ranges = new Map(counts.map(({ site, role }) => [`${site} ${role}`, { site, role }]))
  for (const range of ranges.values()) {
    while (await forgetSome(server, range)) {
      // Each portion is a transaction, so that joins have their turn.
    }
  }
}

const portion = 100

/** True when there may be more. */
async function forgetSome(server: Server, range: Range): Promise<boolean> {
  const [at, profile] = [server.now(), server.profile()]
  const gone = await server.store.read((reads) => findGone(reads, range, { at, profile }))
  if (gone.length === 0) return false
  const told = { actor: 'server', action: 'node-forget' }
  const freeing = { profile, state: 'forgotten', at, told } as const
  return server.store.write(async (tx) => {
    const still = (await findGone(tx, range, { at, profile })).slice(0, portion)
    for (const node of still) await endNode(tx, node, freeing)
    return still.length === portion
  })
}

async function findGone(
  { nodes, hosts }: Pick<Reads, 'nodes' | 'hosts'>,
  { site, role }: Range,
  { at, profile }: { at: Time; profile: Profile },
): Promise<NodeSummary[]> {
  const forgetMs = forgetAfter(profile, site)
  const least = leastSilence(profile, { site, role })
  const silent = await nodes.silent({ site, role, since: at - least })
  const hubs = (await hosts.list({ role: 'hub' })).filter(({ revoked }) => revoked === null)
  const isHeard = isSilenceTrue(hubs, { now: at, silence: forgetMs })
  return silent.filter(
    (node) => (node.state === 'pending' || isHeard) && isGone(node, { now: at, forgetMs }),
  )
}

async function pruneAudit({ store, profile, now }: Server): Promise<void> {
  const keep = parseDuration(profile().centre.server.audit.keep) ?? Number.POSITIVE_INFINITY
  const [at, before] = [now(), now() - keep]
  const oldest = await store.read(({ audit }) => audit.list({ limit: 1 }))
  if ((oldest[0]?.time ?? before) >= before) return
  while ((await store.write(({ audit }) => audit.prune({ before, at }))) > 0) {
    // As above.
  }
}

/** Nodes that were freed are shown for so long; the audit knows of them for longer. */
const freedKeptMs = 30 * 24 * 3_600_000

async function pruneNodes({ store, now }: Server): Promise<void> {
  await store.write(({ nodes }) => nodes.prune(now() - freedKeptMs))
}
