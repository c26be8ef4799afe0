import { DynfarmError } from '../../errors.ts'
import type { Start } from '../command-line.ts'
import type { Attempt } from '../edge/attempt.ts'
import { lookingAt, whyNot, within } from './look.ts'
import { missingOf, planWays, type Seen, startBy, WAYS, type Wanted, type Way } from './ways.ts'

/** Before anybody is asked for anything: a machine that has none of the ways is told at once. */
export function refuseWithout(seen: Seen, repositories: readonly string[]): void {
  const missing = missingOf(seen)
  if (missing.length === WAYS) throw nothingDoes(repositories, missing)
}

interface Choosing extends Wanted {
  /** Of the job. */
  start: Start
  /** Starts something where the job will be. */
  attempt(start: Start): Promise<Attempt>
}

/** The first that shows the repositories where the job will be: known by doing it. */
export async function chooseWay(seen: Seen, choosing: Choosing): Promise<Way> {
  const { repositories, start, attempt } = choosing
  const { ways, missing } = planWays(seen, choosing)
  const reasons = [...missing]
  for (const way of ways) {
    const look = startBy({ ...way, below: [] }, { ...start, command: lookingAt(repositories) })
    const tried = await attempt({ ...look, command: [...within(TRY_SECONDS), ...look.command] })
    if (tried.code === 0) return way
    reasons.push(`${way.name}: ${whyNot(tried, TRY_SECONDS)}`)
  }
  throw nothingDoes(repositories, reasons)
}

/** The first look fetches a catalogue. */
const TRY_SECONDS = 60

export function nothingDoes(
  repositories: readonly string[],
  reasons: readonly string[],
): DynfarmError {
  const what = repositories.map((name) => `"/cvmfs/${name}"`).join(', ')
  const message = [`nothing here shows a job ${what}`, ...reasons].join('\n    ')
  return new DynfarmError('cvmfs-unavailable', message, { details: { reasons } })
}
