import type { Run } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createIdentity, type Secrets } from '../enrol.ts'
import type { Enrolment } from '../enrol-check.ts'
import { type Asking, askAsCopy, askToJoin, type Enrolled, hasCode, wayTo } from './enrolment.ts'
import { describeMachine, type RawFacts } from './facts.ts'
import type { Known, Work } from './joined.ts'
import { observeFacts } from './observe-facts.ts'
import { type JoinSettings, planEraseToken } from './settings.ts'
import { type Kept, loadIdentity, planIdentity, planKept } from './state.ts'

/** Who this machine is: as the server says, or as it said last when it is away. */
export async function becomeKnown(work: Work, kept: Kept | undefined): Promise<Known> {
  const { machine, network, settings, log } = work
  wayTo(settings, kept)
  const [secrets, facts] = await Promise.all([identityOf(work), observeFacts(machine, network)])
  const asking = questionOf(work, { kept, secrets, facts })
  try {
    return await keep(work, { before: kept, secrets }, await askToJoin(asking))
  } catch (error) {
    if (hasCode(error, 'keys-copied'))
      return await keep(work, { before: kept, secrets }, await askAsCopy(asking))
    if (kept === undefined || !isAway(error)) throw error
    log.warn(`${error.message}; going on with what was kept of the last join`)
    return { kept, secrets, isFresh: false }
  }
}

/** Kept before the token is sent for the first time: with the same keys a lost answer is asked for again. */
async function identityOf({ machine, run, paths }: Work): Promise<Secrets> {
  const known = await loadIdentity(machine, paths)
  if (known !== undefined) return known
  const secrets = await createIdentity()
  await run.apply(planIdentity(paths, secrets))
  await run.commit()
  return secrets
}

function questionOf(
  { settings, version, platform, signal, log }: Work,
  { kept, secrets, facts }: Pick<Asking, 'kept' | 'secrets'> & { facts: RawFacts },
): Asking {
  const about = describeMachine(facts)
  const { warn, info } = log
  return { ...about, settings, kept, secrets, version, platform, signal, warn, info }
}

async function keep(
  { run, paths, settings, log, watch }: Work,
  { before, secrets }: { before: Kept | undefined; secrets: Secrets },
  enrolled: Enrolled,
): Promise<Known> {
  watch.begin('enrol')
  const kept = keptFrom(enrolled.enrolment, before, wayTo(settings, before))
  await run.apply([
    ...(enrolled.secrets === secrets ? [] : planIdentity(paths, enrolled.secrets)),
    ...planKept(paths, kept, before),
  ])
  await eraseToken(run, settings, log)
  await run.commit()
  return { kept, secrets: enrolled.secrets, isFresh: true }
}

/** A token that cannot be taken out, as of a mount that is read-only, is spent all the same. */
async function eraseToken(run: Run, settings: JoinSettings, log: Log): Promise<void> {
  try {
    await run.apply(planEraseToken(settings))
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code !== 'step-failed') throw error
    log.warn(`the token that was used stays where it is: ${error.message}`)
  }
}

/** Files of earlier answers are remembered until a customisation has given them up. */
function keptFrom(
  { answer, pins, centre, releaseKey }: Enrolment,
  before: Kept | undefined,
  { urls, proxy }: ReturnType<typeof wayTo>,
): Kept {
  const files = [...(before?.files ?? []), ...(answer.site?.files ?? []).map(({ path }) => path)]
  const { standing, hello, config } = before ?? {}
  return {
    ...{ servers: urls, pins, centre, releaseKey, answer, files: [...new Set(files)] },
    problems: before?.problems ?? [],
    ...(proxy !== undefined && { proxy }),
    ...(config !== undefined && { config }),
    ...(standing !== undefined && { standing }),
    ...(hello !== undefined && { hello }),
  }
}

function isAway(error: unknown): error is DynfarmError {
  return error instanceof DynfarmError && error.exit === 75
}
