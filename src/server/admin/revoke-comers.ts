import type { Store } from '../../store/store.ts'
import type { Call } from '../call.ts'
import { revokeHost } from '../hubs/revoke.ts'
import type { Server } from '../server.ts'
import { type Doing, whoDid } from './act.ts'
import { labelOf } from './find-node.ts'
import { revokeNode } from './revoke-node.ts'

/** So many at a time, that others have their turn. */
const portion = 200

/** Revokes all that came by a token, which lets nobody in any more. Done again, it does what was left. */
export async function revokeComers(
  token: string,
  call: Call<'tokenRevoke'>,
  { store, now }: Server,
): Promise<string[]> {
  const nodes = await store.read((reads) => reads.nodes.list({ token }))
  const ids = nodes.map(({ id }) => id)
  const revoked: string[] = []
  for (let from = 0; from < ids.length; from += portion)
    revoked.push(...(await revokeAll(ids.slice(from, from + portion), { call, now: now() }, store)))
  return [...revoked, ...(await revokeHosts(token, { call, now: now() }, store))]
}

/** There is one at most: its token has one use. */
function revokeHosts(token: string, { call, now }: Doing, store: Store): Promise<string[]> {
  return store.write(async (tx) => {
    const host = (await tx.hosts.list()).find((one) => one.token === token)
    if (host === undefined) return []
    const act = { host: host.id, at: now, source: null, ...whoDid(call) }
    return (await revokeHost(tx, act)) === undefined ? [] : [host.name]
  })
}

function revokeAll(ids: readonly string[], doing: Doing, store: Store): Promise<string[]> {
  return store.write(async (tx) => {
    const revoked: string[] = []
    for (const id of ids) {
      const node = await tx.nodes.byId(id)
      const isRevoked = node && (await revokeNode(tx, node, { ...doing, verdict: 'revoked' }))
      if (isRevoked) revoked.push(labelOf(node))
    }
    return revoked
  })
}
