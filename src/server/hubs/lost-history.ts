import type { HostRecord, Position } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'

export interface Witness {
  host: Pick<HostRecord, 'role' | 'name'>
  position: Position
  at: number
}

/**
 * A hub that holds a position which this store never gave is the witness of a history that was lost: the store
 * was restored from a backup without knowing it. Of a service host it means nothing.
 */
export async function heedWitness(tx: Tx, { host, position, at }: Witness): Promise<void> {
  if (host.role !== 'hub' || (await tx.feed.standing(position)) !== 'never-given') return
  await tx.newEpoch({
    reason: `${host.name} holds a position that this store never gave`,
    actor: host.name,
    at,
    lost: position,
  })
}
