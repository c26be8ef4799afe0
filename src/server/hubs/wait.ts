import type { HostRecord, Position } from '../../protocol/records.ts'
import type { Server } from '../server.ts'
import { waitForNews } from './news.ts'

const longestWaitMs = 2000
/** Hubs report every 20 s at least: one that was silent for so long is not waited for. */
const connectedMs = 60_000

/**
 * True as soon as every connected hub has this position of the feed in force; false when one has not after two
 * seconds, or when nobody waits for the answer any more.
 */
export function waitForHubs(
  server: Server,
  position: Position,
  signal: AbortSignal,
): Promise<boolean> {
  return waitForNews(
    server,
    ({ hubs }) => hubs.every((hub) => !isConnected(hub, server.now()) || hasInForce(hub, position)),
    { milliseconds: longestWaitMs, signal },
  )
}

export function isConnected(
  { acknowledged, revoked }: Pick<HostRecord, 'acknowledged' | 'revoked'>,
  now: number,
): boolean {
  return revoked === null && acknowledged !== null && acknowledged >= now - connectedMs
}

export function hasInForce(
  { acknowledgedEpoch, acknowledgedGeneration }: HostRecord,
  { epoch, generation }: Position,
): boolean {
  return acknowledgedEpoch === epoch && (acknowledgedGeneration ?? -1) >= generation
}
