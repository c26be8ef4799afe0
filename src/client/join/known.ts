import type { Run } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { createWireguardPair } from '../../pki/wireguard-key.ts'
import { createIdentity, type Secrets } from '../enrol.ts'
import type { Enrolment } from '../enrol-check.ts'
import { type Asking, askAsCopy, askToJoin, type Enrolled, hasCode, wayTo } from './enrolment.ts'
import { describeMachine, type RawFacts } from './facts.ts'
import type { Known, Work } from './joined.ts'
import { observeFacts } from './observe-facts.ts'
import { findSecrets, keyLost } from './secrets.ts'
import { type JoinSettings, planEraseToken } from './settings.ts'
import { type FoundKept, type Kept, keptLost, planCopy, planIdentity, planKept } from './state.ts'

/** Who this machine is: as the server says, or as it said last when it is away. */
export async function becomeKnown(work: Work, found: FoundKept): Promise<Known> {
  const { machine, network, settings, log } = work
  const { kept } = found
  await mendKept(work, found)
  wayTo(settings, kept)
  if (settings.tokenFault !== undefined)
    log.info(
      `no token is needed here, and that of join.yaml is none: ${settings.tokenFault.message}`,
    )
  const [own, facts] = await Promise.all([ownKeys(work, kept), observeFacts(machine, network)])
  const secrets = usableNow(own.secrets, kept)
  const asking = questionOf(work, { kept, own: { ...own, secrets }, facts })
  const before = { before: kept, secrets: own.secrets }
  try {
    return await keep(work, before, await askAsOwn(work, asking))
  } catch (error) {
    if (hasCode(error, 'keys-copied')) return await keep(work, before, await askAsCopy(asking))
    if (kept === undefined || !own.areOwn || !isAway(error)) throw error
    log.warn(`${error.message}; going on with what was kept of the last join`)
    return { kept, secrets: own.secrets, isFresh: false }
  }
}

/**
 * A WireGuard hub hears no key again before the clock says more than it said in that key's last handshake. Where the
 * clock was ahead then, that may be years.
 */
function usableNow(secrets: Secrets, kept: Kept | undefined): Secrets {
  const isBack = kept?.clock !== undefined && kept.clock > Date.now()
  return isBack ? { ...secrets, wireguard: createWireguardPair() } : secrets
}

/** A machine of which nothing is known any more can only begin anew, which a token lets it. */
async function mendKept(
  { run, paths, settings, log }: Work,
  { kept, damage }: FoundKept,
): Promise<void> {
  if (damage === undefined) return
  if (kept === undefined) {
    if (settings.token === undefined) throw settings.tokenFault ?? keptLost(damage)
    log.warn(`${damage}; by its token this machine joins as a new one`)
    return
  }
  log.warn(`${damage}; it is written anew`)
  await run.apply(planKept(paths, kept, undefined))
  await run.commit()
}

interface OwnKeys {
  secrets: Secrets
  /** Whether they are those of the certificate that is kept. */
  areOwn: boolean
}

/** On the disk before a token is sent: with the same keys a lost answer is asked for again. */
async function ownKeys(work: Work, kept: Kept | undefined): Promise<OwnKeys> {
  const { machine, run, paths, settings, log } = work
  const found = await findSecrets(machine, paths, kept?.answer.certificate)
  const { secrets, isOwn: areOwn, mending } = found
  if (kept !== undefined && !areOwn) {
    const error = keyLost(paths, kept)
    if (settings.token === undefined) throw error
    log.warn(`${error.message}; by its token it joins as another node`)
  }
  if (secrets === undefined) return { secrets: await makeKeys(work), areOwn }
  if (mending.length > 0) {
    log.warn(`keys are written anew: ${mending.map(({ path }) => `"${path}"`).join(', ')}`)
    await run.apply(mending)
    await run.commit()
  }
  return { secrets, areOwn }
}

async function makeKeys({ run, paths }: Work): Promise<Secrets> {
  const secrets = await createIdentity()
  await run.apply(planIdentity(paths, secrets))
  await run.commit()
  return secrets
}

function questionOf(
  { settings, version, platform, signal, log }: Work,
  { kept, own, facts }: { kept: Kept | undefined; own: OwnKeys; facts: RawFacts },
): Asking {
  const { secrets, areOwn } = own
  const about = describeMachine(facts)
  const { warn, info } = log
  const known = { settings, kept, canShow: kept !== undefined && areOwn, secrets }
  return { ...about, ...known, version, platform, signal, warn, info }
}

/**
 * A machine whose certificate is over, or that lost what it knew of itself, begins anew by its token. Its keys may be taken then: by
 * itself, as it was.
 */
async function askAsOwn(work: Work, asking: Asking): Promise<Enrolled> {
  try {
    return await askToJoin(asking)
  } catch (error) {
    const isOver = hasCode(error, 'certificate-expired', 'certificate-refused')
    if (asking.canShow && isOver && asking.settings.token !== undefined)
      return await askAsOwn(work, { ...asking, canShow: false })
    if (asking.canShow || !hasCode(error, 'key-in-use')) throw error
    work.log.warn(`${error.message}, which may be this one as it was; it joins with new ones`)
    return await askToJoin({ ...asking, secrets: await makeKeys(work) })
  }
}

async function keep(
  { machine, run, paths, settings, log, watch }: Work,
  { before, secrets }: { before: Kept | undefined; secrets: Secrets },
  enrolled: Enrolled,
): Promise<Known> {
  watch.begin('enrol')
  const kept = keptFrom(enrolled.enrolment, before, wayTo(settings, before))
  await run.apply([
    ...(enrolled.secrets === secrets ? [] : planIdentity(paths, enrolled.secrets)),
    ...planKept(paths, kept, before),
    ...(await planCopy(machine, paths, kept)),
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
  const { standing, hello, clock, config } = before ?? {}
  return {
    ...{ servers: urls, pins, centre, releaseKey, answer, files: [...new Set(files)] },
    problems: before?.problems ?? [],
    ...(proxy !== undefined && { proxy }),
    ...(config !== undefined && { config }),
    ...(standing !== undefined && { standing }),
    ...(hello !== undefined && { hello }),
    ...(clock !== undefined && { clock }),
  }
}

/** Who is in its place, by a poisoned name or a page to log in on, is no reason to stay out: nothing of theirs is used. */
function isAway(error: unknown): error is DynfarmError {
  return (
    error instanceof DynfarmError && (error.exit === 75 || hasCode(error, 'server-not-trusted'))
  )
}
