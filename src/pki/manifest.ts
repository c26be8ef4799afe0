import type { Checked } from './checked.ts'
import { type Manifest, readManifest, renderManifest } from './manifest-facts.ts'
import { isSigned, parseFacts, type Statement, signStatement } from './statement.ts'
import { compareVersions, parseVersion, type Version } from './version.ts'

export type ManifestRefusal =
  | 'wrong-signature'
  | 'malformed'
  /** Signed, but for another centre, platform or version than it is offered as. */
  | 'relabelled'
  /** Signed later than now: the clock here is behind. */
  | 'not-yet-valid'
  /** Signed before one that was accepted already. */
  | 'replayed'
  /** Out of date, and no news to this machine: the server has not heard of anything newer. */
  | 'frozen'
  | 'expired'
  | 'downgrade'
  /** This machine's version is below the minimum. */
  | 'too-old'

export interface ManifestExpected {
  /** The pinned release key, PEM. */
  key: string
  centre: string
  platform: string
  /** As it was offered. */
  version: string
  now: Date
  /** The version that runs here. */
  running: string
  /** When the newest manifest that was ever accepted here was signed. */
  newest?: Date
}

export function signManifest(manifest: Manifest, privateKey: string): Statement {
  const facts = renderManifest(manifest)
  if (readManifest(facts) === undefined) throw new Error('no manifest can have these facts')
  return signStatement('release', facts, privateKey)
}

export function checkManifest(
  statement: Statement,
  expected: ManifestExpected,
): Checked<Manifest, ManifestRefusal> {
  if (!isSigned('release', statement, expected.key)) return { refused: 'wrong-signature' }
  const facts = parseFacts(statement.text)
  const manifest = facts && readManifest(facts)
  if (manifest === undefined) return { refused: 'malformed' }
  const refused =
    labelFault(manifest, expected) ??
    timeFault(manifest, expected) ??
    versionFault(manifest, expected)
  return refused === undefined ? { value: manifest } : { refused }
}

function labelFault(manifest: Manifest, expected: ManifestExpected): 'relabelled' | undefined {
  const labels = ['centre', 'platform', 'version'] as const
  return labels.every((label) => manifest[label] === expected[label]) ? undefined : 'relabelled'
}

/** How much a clock here may be behind the one that dated the manifest. */
const toleranceMs = 24 * 3600 * 1000

function timeFault(
  { issued, expiry, version }: Manifest,
  { now, newest, running }: ManifestExpected,
): ManifestRefusal | undefined {
  if (newest !== undefined && issued < newest) return 'replayed'
  if (now.getTime() + toleranceMs < issued.getTime()) return 'not-yet-valid'
  if (now <= expiry) return undefined
  return version === running ? 'frozen' : 'expired'
}

function versionFault(
  { version, minimum, downgrade }: Manifest,
  expected: ManifestExpected,
): ManifestRefusal | undefined {
  const running = versionOf(expected.running)
  if (compareVersions(running, versionOf(minimum)) < 0) return 'too-old'
  return compareVersions(versionOf(version), running) < 0 && !downgrade ? 'downgrade' : undefined
}

function versionOf(text: string): Version {
  const version = parseVersion(text)
  if (version === undefined) throw new Error(`"${text}" is not a version`)
  return version
}
