import { isDeepStrictEqual } from 'node:util'
import { hashOfFile } from '../../apply/intake.ts'
import { transact } from '../../apply/transaction.ts'
import { versionsRoot } from '../../apply/version-places.ts'
import { type Versions, versionsAt } from '../../apply/versions.ts'
import { DynfarmError } from '../../errors.ts'
import type { ManifestExpected } from '../../pki/manifest.ts'
import type { Manifest } from '../../pki/manifest-facts.ts'
import { downloadRelease } from '../download.ts'
import { acceptManifest } from '../download-manifest.ts'
import type { Joined, Known, Work } from './joined.ts'
import { clientOf } from './report.ts'
import { renderUpdate } from './text.ts'
import { joinBy, type Ready, saysOfItself } from './update-child.ts'
import { loadNote, planNote, type Update, type UpdateNote } from './update-note.ts'
import { settle } from './update-switch.ts'

/** A release that may be taken: it is signed, for this machine, and was not tried yet. */
export interface Offer {
  manifest: Manifest
  expected: ManifestExpected
  statement: NonNullable<Known['kept']['answer']['release']>['statement']
  known: Known
  note: UpdateNote | undefined
}

/** Without a transaction of its own: the other version is to have the lock. */
export type Updating = Omit<Work, 'run' | 'watch' | 'network'>

/** An offer, or why it is none for this machine. What did not do is told of for as long as the same is offered. */
export async function considerOffer(
  work: Work,
  known: Known,
): Promise<{ offer: Offer } | { update: Update } | undefined> {
  const { centre, releaseKey: key, answer } = known.kept
  if (answer.release === undefined) return undefined
  const { version, statement } = answer.release
  const note = await loadNote(work.machine, work.paths)
  if (note?.isFinal === true && note.offer === statement.signature) return { update: note.update }
  const expected = {
    ...{ key, centre, platform: work.platform, version, running: work.version, now: new Date() },
    ...(note?.newest !== undefined && { newest: new Date(note.newest) }),
  }
  try {
    const manifest = acceptManifest(statement, expected)
    return { offer: { manifest, expected, statement, known, note } }
  } catch (error) {
    const update = refusal(version, error)
    const told = { ...note, offer: statement.signature, update, isFinal: false }
    if (!isDeepStrictEqual(told, note)) await work.run.apply(planNote(work.paths, told))
    await work.run.commit()
    return { update }
  }
}

/** The join that another version did, or why this one goes on. */
export type Taken = { joined: Joined } | { update: Update }

/** Nothing is in force before the other version has joined by itself. */
export async function takeOffer(work: Updating, offer: Offer): Promise<Taken> {
  const { version } = offer.manifest
  work.log.info(`the server offers version "${version}"`)
  const versions = versionsAt(work.versionsRoot ?? versionsRoot)
  try {
    await fetchVersion(work, offer, versions)
    return await tryVersion(work, offer, versions)
  } catch (error) {
    const update = refusal(version, error)
    // There may be room, or a better path to the server, at the next join; of another file nothing is to be hoped.
    await keepNote(work, noteOf(offer, update, { isFinal: update.outcome === 'refused' }))
    work.log.warn(renderUpdate(update))
    return { update }
  }
}

function refusal(version: string, error: unknown): Update {
  if (!(error instanceof DynfarmError) || error.code === 'interrupted') throw error
  const outcome = error.code === 'release-refused' ? 'refused' : 'failed'
  return { version, outcome, reason: error.message.slice(0, LONGEST_REASON) }
}

const LONGEST_REASON = 255

function noteOf(
  { statement, note }: Offer,
  update: Update,
  { isFinal }: { isFinal: boolean },
): UpdateNote {
  return { ...note, offer: statement.signature, update, isFinal }
}

/** Nothing is asked for that is here already. */
async function fetchVersion(
  { signal, log }: Updating,
  { manifest, expected, statement, known }: Offer,
  versions: Versions,
): Promise<void> {
  const { version, hash, size } = manifest
  if ((await hashOfFile(versions.pathOf(version))) === hash) return
  const into = await versions.receive(version, size)
  const client = clientOf(known.kept, known.secrets.key, log.warn)
  try {
    await downloadRelease(client, { expected, statement, into, signal })
    await into.keep()
  } catch (error) {
    await into.discard()
    await versions.discard(version)
    throw error
  } finally {
    client.close()
  }
}

/**
 * It is noted as failed before it begins, so that one that takes the whole machine with it is not begun again at
 * the next boot.
 */
async function tryVersion(work: Updating, offer: Offer, versions: Versions): Promise<Taken> {
  const { version, issued } = offer.manifest
  const failed = (reason: string): Update => ({
    ...{ version, outcome: 'failed', reason: reason.slice(0, LONGEST_REASON) },
  })
  const before = failed('this machine went down while that version joined')
  await keepNote(work, noteOf(offer, before, { isFinal: true }))
  const ended = await runVersion(work, version, versions).catch(async (error) => {
    await keepNote({ ...work, signal: undefined }, offer.note)
    throw error
  })
  if ('why' in ended) {
    const update = failed(ended.why)
    await keepNote(work, noteOf(offer, update, { isFinal: true }))
    await versions.discard(version)
    work.log.warn(renderUpdate(update))
    return { update }
  }
  await settle(versions, version, work.version)
  const update: Update = { version, outcome: 'running' }
  const note = noteOf(offer, update, { isFinal: false })
  await keepNote(work, { ...note, newest: issued.getTime() })
  return { joined: joinedBy(ended.joined, update) }
}

function joinedBy(ready: Ready, update: Update): Joined {
  return {
    ...{ role: 'node', earlier: [], server: 'answered', changed: true, problems: [], timings: {} },
    ...{ ...ready, update },
  }
}

const MOST_MS = 600_000

async function runVersion(work: Updating, version: string, versions: Versions) {
  const { machine, configDir, stateDir, signal, log } = work
  const child = {
    ...{ machine, configDir, stateDir, signal, version, say: log.info },
    ...{ executable: versions.pathOf(version), mostMs: MOST_MS },
  }
  const why = await saysOfItself(child)
  return why === undefined ? await joinBy(child) : { why }
}

async function keepNote(work: Updating, note: UpdateNote | undefined): Promise<void> {
  const { machine, state, signal, log, paths } = work
  await transact({ machine, state, signal, log }, (run) => run.apply(planNote(paths, note)))
}
