import type { FromSchema } from 'json-schema-to-ts'
import { DynfarmError } from '../errors.ts'
import { decode } from '../protocol/decode.ts'
import { feedNode } from '../protocol/schema/feed.ts'
import {
  addresses,
  hostileLine,
  nodeName,
  orNull,
  port,
  siteName,
  sshKeys,
  time,
  tolerant,
} from '../protocol/schema/vocabulary.ts'

const schema = {
  title: 'Inventory',
  ...tolerant,
  required: ['nodes', 'takenAt'],
  properties: {
    takenAt: time,
    nodes: {
      type: 'array',
      maxItems: 100_000,
      items: {
        title: 'InventoryNode',
        ...tolerant,
        required: ['name', 'site', 'state', 'addresses', 'hostKeys', 'labels'],
        properties: {
          name: nodeName,
          site: siteName,
          state: feedNode.properties.state,
          addresses,
          port: { ...port, description: 'Of its sshd, where it is not 22.' },
          hostKeys: sshKeys,
          changedHostKeys: orNull(sshKeys),
          labels: { type: 'object', maxProperties: 64, additionalProperties: hostileLine },
          rung: orNull(hostileLine),
          lastSeen: orNull(time),
          version: orNull(hostileLine),
        },
      },
    },
  },
} as const

export const nodeStates = feedNode.properties.state.enum

/** The nodes as the server knew them at a time. */
export type Inventory = FromSchema<typeof schema>
export type InventoryNode = Inventory['nodes'][number]

export type LoadInventory = () => Promise<Inventory>

export function parseInventory(text: string, path: string): Inventory {
  const decoded = decode(schema, parseJson(text, path))
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
