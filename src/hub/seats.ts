import type { Hello } from '../protocol/hello.ts'

/** By which rung a node's traffic comes, and how that is known. Times are in milliseconds since 1970. */
export interface Seating {
  rung: string
  mtu?: number
  /** When the node was first or again seen coming by this rung. */
  at: number
  /** Its own word, which counts more than what was seen. */
  hello?: { count: number; at: number }
}

/** What a tunnel's end shows of a node: a session that began, a handshake. */
export interface Sighting {
  rung: string
  at: number
}

/**
 * Nodes say hello every 20 s. One who said nothing for so long has lost its rung; and no datagram travels that long,
 * so that a lower count is then a node that counts anew, not a datagram from before.
 */
export const helloCounts = 60_000

export function heedHello(before: Seating | undefined, hello: Hello, now: number): Seating {
  if (before?.hello !== undefined && isLate(before.hello, hello, now)) return before
  const { rung, mtu, count } = hello
  const at = before?.rung === rung ? before.at : now
  return { rung, mtu, at, hello: { count, at: now } }
}

function isLate(last: { count: number; at: number }, { count }: Hello, now: number): boolean {
  return count < last.count && Math.abs(now - last.at) < helloCounts
}

/** For nodes that say nothing: where they were seen last. A late event of one rung never takes the other's traffic. */
export function heedSighting(
  before: Seating | undefined,
  { rung, at }: Sighting,
  now: number,
): Seating {
  if (before === undefined) return { rung, at }
  if (before.rung === rung) return at > before.at ? { ...before, at } : before
  const { hello } = before
  const isSpoken = hello !== undefined && Math.abs(now - hello.at) < helloCounts
  return isSpoken || at <= before.at ? before : { rung, at }
}

/** Its OpenVPN says that the session is over; whoever came or spoke since it was asked stays. */
export function heedGoing(before: Seating, asked: number): Seating | undefined {
  const isLater = before.at > asked || (before.hello?.at ?? 0) > asked
  return isLater ? before : undefined
}

/** Whether the routes to the node are the same. */
export function isSameSeat(one: Seating | undefined, other: Seating | undefined): boolean {
  return one?.rung === other?.rung && one?.mtu === other?.mtu
}
