import type { Call } from '../call.ts'
import type { Server } from '../server.ts'
import { callingNode } from './calling-node.ts'
import { endNode } from './freeing.ts'

/** A node gives up its slot; its certificate is worth nothing from here on. */
export async function leave(call: Call<'leave'>, server: Server): Promise<undefined> {
  const { node } = callingNode(call)
  const source = call.source?.address
  const told = {
    actor: node.name ?? node.id,
    action: 'leave',
    ...(source !== undefined && { source }),
  }
  const freeing = { profile: server.profile(), state: 'left', at: server.now(), told } as const
  await server.store.write((tx) => endNode(tx, node, freeing))
}
