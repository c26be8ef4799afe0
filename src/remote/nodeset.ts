import type { Readable } from 'node:stream'
import { MiB } from '../protocol/size.ts'
import { readList } from './files/list.ts'
import { fold, sortNames } from './nodeset/fold.ts'
import { parseExpression } from './nodeset/parse.ts'
import { nodesetError, type Piece } from './nodeset/place.ts'
import { type GroupMeaning, namesOf, type Readers } from './nodeset/sources.ts'
import { readAll } from './read-all.ts'

export type NodesetView = 'expand' | 'fold' | 'count'

export interface Nodes {
  count: number
  folded: string
  nodes: string[]
}

/** What node sets mean together, without an inventory. */
export async function computeNodes(texts: readonly string[], input: Readable): Promise<Nodes> {
  const readers = readersFrom(input)
  const names = new Set<string>()
  for (const text of texts) {
    const found = await namesOf(parseExpression(text), refuseGroup, readers)
    for (const name of found) names.add(name)
  }
  return { count: names.size, folded: fold(names), nodes: sortNames(names) }
}

export function renderNodes({ count, folded, nodes }: Nodes, view: NodesetView): string {
  if (view === 'count') return `${count}\n`
  if (view === 'fold') return `${folded}\n`
  return nodes.map((name) => `${name}\n`).join('')
}

/** Standard input is read once, however often it is named. */
export function readersFrom(input: Readable): Readers {
  let text: Promise<string> | undefined
  return {
    readFile: readList,
    readInput: () => {
      text ??= readAll(input, 64 * MiB)
      return text
    },
  }
}

const refuseGroup: GroupMeaning = (_, piece: Piece) => {
  throw nodesetError(piece, 'is a group, and there is no inventory here')
}
