import { parseDuration } from '../../profile/quantity.ts'
import type { Profile } from '../../profile/types.ts'
import type { HostRecord, NodeRecord, Sighting } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Call, Handlers } from '../call.ts'
import { revokeHost } from '../hubs/revoke.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { type Doing, nodeEntry } from './act.ts'
import { findLivingNode, labelOf } from './find-node.ts'
import { personOf } from './person.ts'
import { revokeNode } from './revoke-node.ts'

export const nodeActHandlers = {
  nodeRevoke: async (call, server) => {
    const verdict = call.body.quarantine === true ? 'quarantined' : 'revoked'
    const host = verdict === 'revoked' ? await shutHostOut(call, server) : undefined
    if (host !== undefined) return { changed: [host.name] }
    return actOn(call, server, (tx, node, doing) => revokeNode(tx, node, { ...doing, verdict }))
  },

  nodeForget: async (call, server) =>
    actOn(call, server, async (tx, node, doing) => {
      checkSilent(node, await tx.nodes.sighting(node.id), doing.now)
      const restUntil = doing.now + restOf(server.profile(), node.site)
      await tx.nodes.free(node.id, { state: 'forgotten', at: doing.now, restUntil })
      await tx.audit.append(nodeEntry(doing, node, { action: 'node-forget' }))
      return true
    }),

  nodeRefresh: async (call, server) =>
    actOn(call, server, async (tx, node, doing) => {
      await tx.nodes.update(node.id, { refresh: doing.now })
      await tx.audit.append(nodeEntry(doing, node, { action: 'node-refresh' }))
      return true
    }),

  nodeAcceptKey: async (call, server) =>
    actOn(call, server, async (tx, node, doing) => {
      const { changedSshHostKeys: sshHostKeys } = node
      if (sshHostKeys === null) return false
      await tx.nodes.update(node.id, { sshHostKeys, changedSshHostKeys: null })
      await tx.audit.append(nodeEntry(doing, node, { action: 'node-accept-key' }))
      return true
    }),
} satisfies Handlers

type ActCall = Pick<Call<'nodeForget'>, 'caller' | 'source' | 'params'>

/** Does something to the living node that the request names, in one transaction; it says whether that changed it. */
function actOn(
  call: ActCall,
  { store, now }: Server,
  act: (tx: Tx, node: NodeRecord, doing: Doing) => Promise<boolean>,
): Promise<{ changed: string[] }> {
  const doing = { call, now: now() }
  return store.write(async (tx) => {
    const node = await findLivingNode(tx, call.params['node'] ?? '', personOf(call))
    return { changed: (await act(tx, node, doing)) ? [labelOf(node)] : [] }
  })
}

/** A hub or a service host, where no node has the name and the person is for all sites. */
function shutHostOut(call: ActCall, { store, now }: Server): Promise<HostRecord | undefined> {
  const { actor, site } = personOf(call)
  const host = call.params['node'] ?? ''
  const source = call.source?.address ?? null
  return store.write(async (tx) => {
    const isNode = (await tx.nodes.namesakes(host)).length > 0
    return isNode || site !== null
      ? undefined
      : await revokeHost(tx, { host, at: now(), actor, source })
  })
}

/** A hub speaks of each node that is up more often than this. */
const silenceMs = 5 * 60 * 1000

/** Two machines must not have one address: who may still be there keeps it, unless the hubs shut it out. */
function checkSilent(node: NodeRecord, sighting: Sighting | undefined, now: number): void {
  if (node.state === 'revoked' || sighting === undefined) return
  if (sighting.health['state'] === 'down' || now - sighting.at > silenceMs) return
  throw new Refusal('node-alive', `a hub has just heard of "${labelOf(node)}"`)
}

/** Where the site is gone from the profile, a slot rests as long as by default. */
function restOf({ sites }: Profile, site: string): number {
  return parseDuration(sites.get(site)?.quarantine ?? '1h') ?? 0
}
