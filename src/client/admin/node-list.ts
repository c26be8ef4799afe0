import { type Paint, renderTable } from '../../profile/table.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { renderSpan } from './times.ts'

export type ListedNode = AnswerOf<'nodeList'>['nodes'][number]

const head = ['NODE', 'STATE', 'SITE', 'ADDRESS', 'RUNG', 'OUTER', 'SEEN', 'VERSION', 'NOTE']
const stateColumn = head.indexOf('STATE')
const noteColumn = head.indexOf('NOTE')

type Colour = (text: string) => string

export interface Colours {
  green: Colour
  yellow: Colour
  red: Colour
}

/** By site, then by slot; who waits for a slot comes last. */
export function orderNodes(nodes: readonly ListedNode[]): ListedNode[] {
  return nodes.toSorted(
    (a, b) =>
      compare(a.site, b.site) ||
      compare(b.role, a.role) ||
      (a.slot ?? Number.MAX_SAFE_INTEGER) - (b.slot ?? Number.MAX_SAFE_INTEGER) ||
      compare(a.id, b.id),
  )
}

/** Letter by letter: of ten thousand names, a language's own order takes far longer. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

export function renderNodes(
  nodes: readonly ListedNode[],
  { now, colours }: { now: number; colours: Colours },
): string {
  return renderTable(
    head,
    nodes.map((node) => rowOf(node, now)),
    painter(colours),
  )
}

function rowOf(node: ListedNode, now: number): string[] {
  return [
    node.name ?? node.id,
    node.state,
    placeOf(node),
    node.addresses.join(',') || '-',
    node.rung ?? '-',
    outerOf(node),
    node.lastSeen == null ? '-' : renderSpan(now - node.lastSeen),
    node.version ?? '-',
    noteOf(node),
  ]
}

function noteOf({ placeGone, held, hostKeysChanged }: ListedNode): string {
  const notes = [
    placeGone != null && 'no place in the profile',
    held != null && 'held back',
    hostKeysChanged === true && 'ssh key changed',
  ]
  return notes.filter(Boolean).join(', ')
}

export function placeOf({ site, class: ofClass }: Pick<ListedNode, 'site' | 'class'>): string {
  return ofClass == null ? site : `${site}/${ofClass}`
}

export function outerOf({ outer }: Pick<ListedNode, 'outer'>): string {
  if (outer?.address === undefined) return '-'
  const host = outer.address.includes(':') ? `[${outer.address}]` : outer.address
  return outer.port === undefined ? host : `${host}:${outer.port}`
}

function painter({ green, yellow, red }: Colours): Paint {
  const states: Readonly<Record<string, Colour>> = {
    ready: green,
    pending: yellow,
    joining: yellow,
    quarantined: yellow,
    failed: red,
    revoked: red,
  }
  return (cell, column) => {
    if (column === noteColumn) return red(cell)
    return (column === stateColumn ? states[cell]?.(cell) : undefined) ?? cell
  }
}
