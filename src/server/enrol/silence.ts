import { parseDuration } from '../../profile/quantity.ts'
import type { Profile } from '../../profile/types.ts'
import type { HostRecord, NodeSummary, SlotRole, Time } from '../../protocol/records.ts'

const minute = 60_000
const day = 24 * 60 * minute

/** A job that ended says so or falls silent; one that has not come up yet gets the time of a node. */
export const jobSilenceMs = 15 * minute
/** So long a machine waits for an administrator without asking again. */
export const pendingSilenceMs = day
/** Within this time every hub that is there has been heard of. */
export const hubSilenceMs = 15 * minute

/** After how much silence a node of a site is forgotten; a site that has left the profile has the default. */
export function forgetAfter(profile: Profile, site: string): number {
  return parseDuration(profile.sites.get(site)?.['forget-after'] ?? '7d') ?? 0
}

/** The least silence that ends anything of that role: what silence to ask the store for. */
export function leastSilence(profile: Profile, { site, role }: { site: string; role: SlotRole }) {
  const whole = forgetAfter(profile, site)
  return role === 'job' ? Math.min(whole, jobSilenceMs) : Math.min(whole, pendingSilenceMs)
}

type Heard = Pick<
  NodeSummary,
  'role' | 'state' | 'created' | 'joined' | 'reported' | 'lastSeen' | 'health'
>

/** Whether nothing was heard of a node for so long that it counts as gone. */
export function isGone(node: Heard, { now, forgetMs }: { now: Time; forgetMs: number }): boolean {
  const { created, joined, reported, lastSeen } = node
  const heard = Math.max(created, joined ?? 0, reported ?? 0)
  if (node.state === 'pending') return heard < now - pendingSilenceMs
  const silence = silenceOf(node, forgetMs)
  return heard < now - silence && (lastSeen ?? 0) < now - believed(node, silence)
}

function silenceOf({ role, reported, lastSeen }: Heard, forgetMs: number): number {
  const cameUp = reported !== null || lastSeen !== null
  return role === 'job' && cameUp ? Math.min(forgetMs, jobSilenceMs) : forgetMs
}

/** A hub that said last that a node is up need not have said so again since; a day at most it is believed. */
function believed({ health }: Heard, silence: number): number {
  return health?.['state'] === 'up' ? Math.max(silence, day) : silence
}

/**
 * Whether silence means anything: a hub that was heard of within the time, and is not heard of now, may know better;
 * one that was not heard of for all of it is gone itself.
 */
export function isSilenceTrue(
  hubs: readonly Pick<HostRecord, 'created' | 'acknowledged'>[],
  { now, silence }: { now: Time; silence: number },
): boolean {
  return hubs.every(({ created, acknowledged }) => {
    const heard = now - (acknowledged ?? created)
    return heard < hubSilenceMs || heard >= silence
  })
}
