import type { Known } from './known.ts'
import { type LiveNode, wayIn } from './roster.ts'

/** What a hub was told, and who has a way in by it. */
export interface Told {
  known: Known
  nodes: readonly LiveNode[]
}

export function toldOf({ known, nodes }: Told): Told {
  return { known, nodes }
}

/**
 * The nodes by whose coming alone what is told now differs from what was told before; undefined when there is more to
 * it. A change that nothing follows from, as that a node is ready, is none.
 */
export function comersOf(before: Told, now: Told): LiveNode[] | undefined {
  if (!isSameBesidesNodes(before.known, now.known)) return undefined
  const touched = touchedIn(before.known.nodes, now.known.nodes)
  const fresh = new Set(touched.filter((id) => wayOf(before.known, id) === undefined))
  const isOther = (id: string) =>
    JSON.stringify(wayOf(before.known, id)) !== JSON.stringify(wayOf(now.known, id))
  if (touched.some((id) => !fresh.has(id) && isOther(id))) return undefined
  const there = new Set(now.nodes.map(({ id }) => id))
  // One who takes the place of another is more than one who comes, and so is one whose place another has.
  if (before.nodes.some(({ id }) => !there.has(id))) return undefined
  if ([...fresh].some((id) => !there.has(id) && wayOf(now.known, id) !== undefined))
    return undefined
  return now.nodes.filter(({ id }) => fresh.has(id))
}

function wayOf(known: Known, id: string): LiveNode | undefined {
  const node = known.nodes.get(id)
  return node && wayIn(node, known)
}

/** Nobody is ever taken out of those who were revoked. */
function isSameBesidesNodes(before: Known, now: Known): boolean {
  return (
    before.config === now.config &&
    before.revoked.size === now.revoked.size &&
    touchedIn(before.hosts, now.hosts).length === 0
  )
}

/** What the feed says nothing of stays the same object. */
function touchedIn<T>(before: ReadonlyMap<string, T>, now: ReadonlyMap<string, T>): string[] {
  const fresh = [...now].flatMap(([id, one]) => (before.get(id) === one ? [] : [id]))
  return [...fresh, ...[...before.keys()].filter((id) => !now.has(id))]
}
