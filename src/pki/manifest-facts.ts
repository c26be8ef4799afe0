import { parseDateText, renderDateText } from './date-text.ts'
import type { Facts } from './statement.ts'
import { parseVersion } from './version.ts'

/** What a release is. Later versions of dynfarm may add to it; unknown facts are tolerated. */
export interface Manifest {
  centre: string
  version: string
  platform: string
  /** SHA-256 of the executable, in hexadecimal. */
  hash: string
  /** Bytes of the executable. */
  size: number
  issued: Date
  expiry: Date
  /** Machines that run an older version refuse this one. */
  minimum: string
  /** Whether machines that run a later version take this one. */
  downgrade: boolean
}

export function renderManifest({ issued, expiry, ...rest }: Manifest): Facts {
  return { ...rest, issued: renderDateText(issued), expiry: renderDateText(expiry) }
}

export function readManifest(facts: Facts): Manifest | undefined {
  const { centre, version, platform, hash, size, minimum, downgrade } = facts
  const [issued, expiry] = [dateOf(facts['issued']), dateOf(facts['expiry'])]
  if (!isText(centre, names) || !isText(platform, platforms) || !isText(hash, hashes)) return
  if (!isVersion(version) || !isVersion(minimum)) return
  if (issued === undefined || expiry === undefined || typeof downgrade !== 'boolean') return
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0) return
  return { centre, version, platform, hash, size, issued, expiry, minimum, downgrade }
}

type Fact = Facts[string] | undefined

const names = /^[a-z_][a-z0-9_.-]{0,31}$/
const platforms = /^[a-z0-9]{1,16}-[a-z0-9]{1,16}$/
const hashes = /^[0-9a-f]{64}$/

function isText(fact: Fact, pattern: RegExp): fact is string {
  return typeof fact === 'string' && pattern.test(fact)
}

function isVersion(fact: Fact): fact is string {
  return typeof fact === 'string' && parseVersion(fact) !== undefined
}

function dateOf(fact: Fact): Date | undefined {
  return typeof fact === 'string' ? parseDateText(fact) : undefined
}
