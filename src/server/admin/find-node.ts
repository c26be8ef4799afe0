import type { NodeRecord } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import type { Person } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { sees } from './person.ts'

/** The node of that name or id; of a name that several had, the one that lives or was freed last. */
export async function findNode(
  { nodes }: Pick<Reads, 'nodes'>,
  text: string,
  person: Person,
): Promise<NodeRecord> {
  const node = (await nodes.namesakes(text))[0] ?? (await nodes.byId(text))
  if (node === undefined || !sees(person, node.site))
    throw new Refusal('not-found', `no node "${text}"`)
  return node
}

export async function findLivingNode(
  reads: Pick<Reads, 'nodes'>,
  text: string,
  person: Person,
): Promise<NodeRecord> {
  const node = await findNode(reads, text, person)
  if (node.freed === null) return node
  throw new Refusal('not-found', `"${text}" is no node any more: it is ${node.state}`)
}

/** As people are told of it. */
export function labelOf({ name, id }: Pick<NodeRecord, 'name' | 'id'>): string {
  return name ?? id
}
