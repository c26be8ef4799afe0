import { setTimeout as sleep } from 'node:timers/promises'
import { identify, slotCount } from '../../profile/slots.ts'
import type { Profile } from '../../profile/types.ts'
import type { AuditRecord } from '../../protocol/records.ts'
import type { About, AuditFilter } from '../../store/audit.ts'
import type { Store } from '../../store/store.ts'
import type { Reads } from '../../store/tx.ts'

export type LinesFilter = Pick<AuditFilter, 'address' | 'about' | 'site' | 'after' | 'limit'>

export interface Lines {
  lines: AuditRecord[]
  /** Where to go on. */
  next: number
}

/** Entries are not announced: whoever follows asks again so often, which costs the others nothing. */
const pollMs = 500

/** The lines that match; where there are none, those that come until the time is up. */
export async function followLines(
  store: Store,
  filter: LinesFilter,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<Lines> {
  const deadline = performance.now() + waitMs
  for (let wanted = filter; ; ) {
    const found = await store.read((reads) => readLines(reads, wanted))
    const left = deadline - performance.now()
    if (found.lines.length > 0 || left <= 0 || signal.aborted) return found
    wanted = { ...filter, after: found.next }
    await sleep(Math.min(pollMs, left), undefined, { signal }).catch(() => {})
  }
}

/** After a place in order; without one the newest. */
async function readLines({ audit }: Reads, filter: LinesFilter): Promise<Lines> {
  const head = (await audit.head()).sequence
  if (filter.after === undefined) {
    const newest = await audit.list({ ...filter, newestFirst: true })
    return { lines: newest.toReversed(), next: head }
  }
  const lines = await audit.list(filter)
  const last = lines.length < filter.limit ? undefined : lines.at(-1)
  return { lines, next: last?.sequence ?? head }
}

/** What concerns the nodes of that name: of them all, since the audit outlives them. */
export async function aboutNode(
  { nodes }: Pick<Reads, 'nodes'>,
  name: string,
  profile: Profile,
): Promise<About> {
  const known = await nodes.namesakes(name)
  return { subjects: [name, ...known.map(({ id }) => id)], addresses: addressesOf(profile, name) }
}

function addressesOf(profile: Profile, name: string): string[] {
  const [, place = '', job, number = ''] = /^([a-z0-9]+)-(job-)?([0-9]+)$/.exec(name) ?? []
  const [site, kind] = [profile.sites.get(place), job === undefined ? 'node' : 'job'] as const
  const slot = Number(number)
  if (site === undefined || slot > slotCount(site, kind)) return []
  return identify(profile, site, { kind, number: slot }).addresses
}
