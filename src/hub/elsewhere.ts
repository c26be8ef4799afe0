import type { LiveNode } from './roster.ts'
import type { Seating } from './seats.ts'
import { type Evidence, isLater, type Whereabout, type Whereabouts } from './whereabouts.ts'

interface Sights {
  seats: ReadonlyMap<string, Seating>
  whereabouts: Whereabouts
}

/** Where a node is when another hub knows it better than this one. */
export function awayAt(
  { id, addresses: [address = ''] }: Pick<LiveNode, 'id' | 'addresses'>,
  { seats, whereabouts }: Sights,
): Whereabout | undefined {
  const place = whereabouts.of(address)
  const seat = seats.get(id)
  if (place === undefined || seat === undefined) return place
  return isLater(place, evidenceOf(seat)) ? place : undefined
}

/** All that are away, by id. */
export function awayNodes(
  nodes: readonly LiveNode[],
  sights: Sights,
): ReadonlyMap<string, Whereabout> {
  return new Map(
    nodes.flatMap((node): [string, Whereabout][] => {
      const place = awayAt(node, sights)
      return place === undefined ? [] : [[node.id, place]]
    }),
  )
}

/** A node's own word, when it gave one, counts more than what was seen of it. */
export function evidenceOf({ at, hello }: Seating): Evidence {
  return hello === undefined ? { at } : { at: hello.at, count: hello.count }
}
