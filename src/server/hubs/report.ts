import type { AnswerOf, RequestOf } from '../../protocol/endpoints.ts'
import { parsePosition, renderPosition } from '../../protocol/position.ts'
import type { HostRecord, Position } from '../../protocol/records.ts'
import type { Call } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry, type Server } from '../server.ts'
import { hostOf } from './host-caller.ts'
import { changedLinks, followHost } from './host-health.ts'
import { heedWitness } from './lost-history.ts'
import { noteNodes } from './node-health.ts'
import { takeRevocations } from './revoked-nodes.ts'

type HubReport = RequestOf<'hubReport'>

/** `POST /v1/hub/report`. The acknowledgement comes first: joins wait for it. */
export async function takeReport(
  { caller, body, source }: Call<'hubReport'>,
  server: Server,
): Promise<AnswerOf<'hubReport'>> {
  const host = hostOf(caller)
  requireHub(host, body)
  const { applied, links = [], sites, hub, nodes = [], revoked = [] } = body
  const by = { actor: host.name, source: source?.address ?? null }
  const hearing = { hub: host.name, now: server.now(), behind: server.now() - body.time }
  const position = applied === undefined ? undefined : parsePosition(applied)
  if (position !== undefined) await acknowledge(server, host, position)
  await takeRevocations(server, revoked, by)
  await noteNodes(server, { nodes, hearing, source: by.source })
  if (links.length > 0 || sites !== undefined)
    await noteHost(server, host, { links, sites, hub, behind: hearing.behind, source: by.source })
  return answerPosition(server)
}

/** Nodes come to hubs alone: what a service host says of them is a lie or a mistake. */
function requireHub({ role }: HostRecord, report: HubReport): void {
  const { nodes = [], revoked = [], sites = [], hub } = report
  const words = nodes.length + revoked.length + sites.length
  if (role !== 'hub' && (words > 0 || hub !== undefined))
    throw new Refusal('not-allowed', 'only a hub reports nodes')
}

async function acknowledge({ store, now }: Server, host: HostRecord, position: Position) {
  await store.write(async (tx) => {
    await tx.hosts.acknowledge(host.id, position, now())
    await heedWitness(tx, { host, position, at: now() })
  })
}

interface HeardOfHost {
  links: NonNullable<HubReport['links']>
  sites: HubReport['sites']
  hub: HubReport['hub']
  behind: number
  source: string | null
}

async function noteHost({ store, now, profile }: Server, host: HostRecord, heard: HeardOfHost) {
  const { hubs, services } = profile().centre
  const peers = new Set([...Object.keys(hubs), ...Object.keys(services)])
  const at = now()
  await store.write(async ({ hosts, audit }) => {
    const before = (await hosts.byId(host.id))?.health ?? null
    const after = followHost(before, { ...heard, at, peers })
    await hosts.noteHealth(host.id, after)
    for (const { peer, state, problem } of changedLinks(before, after))
      await audit.append(
        auditEntry({
          ...{ time: at, actor: host.name, action: `link-${state}`, subject: peer },
          ...{ source: heard.source, detail: { ...(problem !== undefined && { problem }) } },
        }),
      )
  })
}

export async function answerPosition({ store, now }: Server): Promise<AnswerOf<'hubReport'>> {
  const position = await store.read(({ feed }) => feed.position())
  return { time: now(), position: renderPosition(position) }
}
