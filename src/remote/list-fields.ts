import { renderSpan } from '../client/admin/times.ts'
import { DynfarmError } from '../errors.ts'
import { didYouMean } from '../profile/suggest.ts'
import type { InventoryNode } from './inventory.ts'

const names = [
  'node',
  'site',
  'class',
  'state',
  'address',
  'rung',
  'seen',
  'version',
  'key',
  'labels',
] as const
export type FieldName = (typeof names)[number]

/** One column: how it reads, and by what it is sorted where that is not how it reads. */
interface Field {
  text(node: InventoryNode, now: number): string
  order?(node: InventoryNode): number
}

export const fields: Readonly<Record<FieldName, Field>> = {
  node: { text: ({ name }) => name },
  site: { text: ({ site }) => site },
  class: { text: (node) => node.class ?? '-' },
  state: { text: ({ state }) => state },
  address: { text: ({ addresses }) => addresses.join(',') || '-' },
  rung: { text: ({ rung }) => rung ?? '-' },
  seen: {
    text: ({ lastSeen }, now) => (lastSeen == null ? '-' : renderSpan(now - lastSeen)),
    order: ({ lastSeen }) => -(lastSeen ?? 0),
  },
  version: { text: ({ version }) => version ?? '-' },
  key: { text: keyOf },
  labels: { text: ({ labels }) => labelsOf(labels) || '-' },
}

export const usualFields: readonly FieldName[] = [
  ...(['node', 'site', 'state', 'address', 'rung', 'seen', 'version', 'key'] as const),
]

/** Whether it is connected to, as far as its host key goes. */
export function keyOf({ hostKeys, changedHostKeys }: InventoryNode): 'ok' | 'changed' | 'none' {
  if ((changedHostKeys ?? []).length > 0) return 'changed'
  return hostKeys.length === 0 ? 'none' : 'ok'
}

function labelsOf(labels: InventoryNode['labels']): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

export function parseFields(text: string): FieldName[] {
  return text.split(',').map((word) => parseField(word.trim()))
}

export function parseField(word: string): FieldName {
  if (isField(word)) return word
  const hint = didYouMean(word, names)
  throw new DynfarmError('usage', `"${word}" is no field of these: ${names.join(', ')}`, hint)
}

function isField(word: string): word is FieldName {
  return Object.hasOwn(fields, word)
}
