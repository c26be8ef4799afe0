import { canonicalAddress } from '../../address.ts'
import type { QueryOf } from '../../protocol/endpoints.ts'
import { Refusal } from '../refusal.ts'

type Query = QueryOf<'audit'>

/** What is asked of the audit: some of its lines in order, or who was at an address. */
export type Wanted = LinesWanted | WhoWanted

export interface LinesWanted {
  kind: 'lines'
  address?: string
  node?: string
  /** Absent: the newest. */
  after?: number
  limit: number
  waitMs: number
}

export interface WhoWanted {
  kind: 'who'
  address: string
  port?: number
  at: number
}

const usualLimit = 1000
const highestLimit = 10_000

export function readQuery(query: Query): Wanted {
  return query.at === undefined ? readLinesWanted(query) : readWhoWanted(query, query.at)
}

function readLinesWanted(query: Query): LinesWanted {
  const { address, node, after, limit = usualLimit, wait = 0 } = query
  if (query.port !== undefined) throw unfit('port', '"port" goes with "address" and "at"')
  return {
    kind: 'lines',
    ...(address !== undefined && { address: canonicalAddress(address) }),
    ...(node !== undefined && { node }),
    ...(after !== undefined && { after: Number(after) }),
    limit: Math.min(Math.max(Number(limit), 1), highestLimit),
    waitMs: Number(wait) * 1000,
  }
}

function readWhoWanted(query: Query, at: string): WhoWanted {
  const { address, port } = query
  if (address === undefined) throw unfit('at', '"at" goes with "address"')
  for (const part of ['after', 'limit', 'wait', 'node'] as const)
    if (query[part] !== undefined) throw unfit(part, `"${part}" does not go with "at"`)
  return {
    kind: 'who',
    address: canonicalAddress(address),
    ...(port !== undefined && { port: Number(port) }),
    at: Number(at),
  }
}

function unfit(part: string, what: string): Refusal {
  return new Refusal('request-unfit', what, { path: `/${part}` })
}
