import type { HostRecord, NodeRecord, Sighting } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Call, Handlers } from '../call.ts'
import { endNode } from '../enrol/freeing.ts'
import { revokeHost } from '../hubs/revoke.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { type Doing, nodeEntry, whoDid } from './act.ts'
import { findLivingNode, labelOf } from './find-node.ts'
import { checkHighest, personOf } from './person.ts'
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
      return endNode(tx, node, {
        profile: server.profile(),
        state: 'forgotten',
        at: doing.now,
        told: { ...whoDid(call), action: 'node-forget' },
      })
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

/** A hub or a service host, where no node has the name; for whoever may let one in. */
function shutHostOut(call: ActCall, { store, now }: Server): Promise<HostRecord | undefined> {
  const person = personOf(call)
  const wanted = call.params['node'] ?? ''
  return store.write(async (tx) => {
    if (person.site !== null || (await tx.nodes.namesakes(wanted)).length > 0) return undefined
    const host = await revokeHost(tx, { host: wanted, at: now(), source: null, ...whoDid(call) })
    if (host !== undefined) checkHighest(person, `revoking the ${host.role} "${host.name}"`)
    return host
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
