import type { FromSchema } from 'json-schema-to-ts'
import { DynfarmError } from '../errors.ts'
import { decode } from '../protocol/decode.ts'
import { feedNode } from '../protocol/schema/feed.ts'
import { inventory } from '../protocol/schema/kept.ts'

export const nodeStates = feedNode.properties.state.enum

/** The nodes as the server knew them at a time. */
export type Inventory = FromSchema<typeof inventory>
export type InventoryNode = Inventory['nodes'][number]

export function parseInventory(text: string, path: string): Inventory {
  const decoded = decode(inventory, parseJson(text, path))
  if ('fault' in decoded) throw damaged(path, `${decoded.fault.path} ${decoded.fault.what}`)
  return decoded.value as Inventory
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw damaged(path, 'it is no JSON')
  }
}

function damaged(path: string, why: string): DynfarmError {
  return new DynfarmError('inventory-damaged', `inventory "${path}": ${why}`)
}
