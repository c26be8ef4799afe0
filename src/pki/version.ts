/** Versions as releases have them: MAJOR.MINOR.PATCH, and for what comes before one, -ID.ID… (Semantic Versioning). */
export interface Version {
  core: readonly [major: number, minor: number, patch: number]
  before: readonly string[]
}

const number = '(0|[1-9][0-9]{0,8})'
const identifier = '(?:0|[1-9][0-9]{0,8}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${identifier}(?:\\.${identifier})*))?$`,
)

export function parseVersion(text: string): Version | undefined {
  const match = text.length > 64 ? null : pattern.exec(text)
  if (match === null) return undefined
  const [, major, minor, patch, before] = match
  return {
    core: [Number(major), Number(minor), Number(patch)],
    before: before?.split('.') ?? [],
  }
}

/** Below 0 when the first is the older one. */
export function compareVersions(a: Version, b: Version): number {
  return compareCores(a, b) || compareBefore(a.before, b.before)
}

/** Whether the version in force goes before one of its package: a later one does, and an older one where that is said. */
export function goesBefore(
  { version, olderInstead }: { version: string; olderInstead: string | undefined },
  packaged: string,
): boolean {
  const [inForce, own, latest] = [version, packaged, olderInstead ?? ''].map(parseVersion)
  if (inForce === undefined || own === undefined) return false
  if (compareVersions(inForce, own) >= 0) return compareVersions(inForce, own) > 0
  return latest !== undefined && compareVersions(own, latest) <= 0
}

/** A client and a server work together when they are at most one minor version apart. */
export function workTogether(a: Version, b: Version): boolean {
  return a.core[0] === b.core[0] && Math.abs(a.core[1] - b.core[1]) <= 1
}

function compareCores({ core: a }: Version, { core: b }: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** 1.0.0-rc.1 comes before 1.0.0, and -rc before -rc.1. */
function compareBefore(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length
  for (const [i, one] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    const difference = compareIdentifiers(one, other)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Numbers come before words, and are compared as numbers. */
function compareIdentifiers(a: string, b: string): number {
  const [isNumber, isOtherNumber] = [a, b].map((text) => /^[0-9]+$/.test(text))
  if (isNumber && isOtherNumber) return Number(a) - Number(b)
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1
  return a < b ? -1 : Number(a > b)
}
