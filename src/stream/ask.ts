import { parseAddress } from '../address.ts'

/*
 * What a job asks a hub for, on a TLS connection of its own for each stream: one line, answered by one byte. After that
 * the connection is the stream. Addresses alone: a name could be another address by the time it is used.
 */

/** By ALPN, so that neither end takes the other for something else. */
export const SOCKS_ALPN = 'dynfarm-socks/1'

export interface Target {
  address: string
  port: number
}

/** Answers, as SOCKS has them (RFC 1928): the job's own program is told the same. */
export const answers = { done: 0, failed: 1, refused: 2, unreachable: 4, closed: 5 } as const
export type Answer = (typeof answers)[keyof typeof answers]

/** Whether this hub would serve this job at all. */
export const ASK_WHETHER = 'whether\n'

export function renderAsk({ address, port }: Target): string {
  return `connect ${address} ${port}\n`
}

/** `undefined` until the line is whole; no target for `whether`, and `bad` for what is no line of ours. */
export function parseAsk(
  bytes: Uint8Array,
): { length: number; ask: Target | 'whether' | 'bad' } | undefined {
  const end = bytes.indexOf(0x0a)
  if (end < 0) return bytes.length < LONGEST ? undefined : { length: bytes.length, ask: 'bad' }
  const line = Buffer.from(bytes.subarray(0, end)).toString('latin1')
  return { length: end + 1, ask: line === 'whether' ? line : (targetOf(line) ?? 'bad') }
}

const LONGEST = 80

function targetOf(line: string): Target | undefined {
  const [, address = '', digits] = /^connect ([0-9a-f.:]+) (\d{1,5})$/.exec(line) ?? []
  const port = Number(digits)
  const isGood = parseAddress(address) !== undefined && port > 0 && port < 65_536
  return isGood ? { address, port } : undefined
}
