import type { Versions } from '../../apply/versions.ts'
import { compareVersions, parseVersion, type Version } from '../../pki/version.ts'

/** A version that joined is the one to start from now, and of the older ones a few stay. */
export async function settle(versions: Versions, version: string, running: string): Promise<void> {
  const former = await versions.insteadOf(running)
  await versions.switchTo(version, laterOf(version, [running, ...(former ? [former] : [])]))
  const there = await versions.list()
  for (const old of toPrune(there, [version, running])) await versions.remove(old)
}

/** Of a version that goes before later ones: the latest of them. The package may bring it. */
export function laterOf(version: string, others: readonly string[]): string | undefined {
  const later = others.filter((other) => compare(other, version) > 0)
  return later.toSorted(compare).at(-1)
}

const KEPT = 3

/** All but those that must stay and the newest of the others; what is no version is left alone. */
export function toPrune(there: readonly string[], needed: readonly string[]): string[] {
  const others = there.filter((one) => parseVersion(one) !== undefined && !needed.includes(one))
  const room = KEPT - there.filter((one) => needed.includes(one)).length
  return others.toSorted((a, b) => compare(b, a)).slice(Math.max(0, room))
}

function compare(a: string, b: string): number {
  return compareVersions(versionOf(a), versionOf(b))
}

function versionOf(text: string): Version {
  const version = parseVersion(text)
  if (version === undefined) throw new Error(`"${text}" is not a version`)
  return version
}
