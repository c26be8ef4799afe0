import { join, resolve } from 'node:path'
import { DynfarmError } from '../../errors.ts'
import { parseVersion } from '../../pki/version.ts'
import { decode } from '../../protocol/decode.ts'
import { pathParameters } from '../../protocol/endpoints.ts'
import type { NewRelease } from './release-add.ts'
import { durationOf } from './times.ts'

/** As they stand on the command line. */
export interface ReleaseOptions {
  file: string
  key: string | undefined
  version: string | undefined
  platform: string | undefined
  minimum: string | undefined
  expiry: string | undefined
  downgrade: boolean
}

export interface ReleaseSurroundings {
  configDir: string
  /** What runs this, and what it says of itself. */
  build: { version: string; platform: string }
  executable: string
}

export function releaseRequest(
  { file, minimum = '0.0.0', expiry = '90d', downgrade, ...options }: ReleaseOptions,
  { configDir, build, executable }: ReleaseSurroundings,
): NewRelease {
  const own = resolve(file) === executable ? build : undefined
  return {
    file,
    key: options.key ?? join(configDir, 'keys/release.key'),
    version: versionOf('--version', known('--version', options.version ?? own?.version)),
    platform: platformOf(known('--platform', options.platform ?? own?.platform)),
    minimum: versionOf('--minimum', minimum),
    downgrade,
    lifeMs: lifeOf(expiry),
  }
}

function known(option: string, text: string | undefined): string {
  if (text !== undefined) return text
  throw new DynfarmError('usage', `${option} is missing`, {
    hint: 'the file is not run to find out what it is',
  })
}

const longestMs = 10 * 365 * 24 * 3600 * 1000

function lifeOf(expiry: string): number {
  const lifeMs = durationOf('--expiry', expiry)
  if (lifeMs <= longestMs) return lifeMs
  throw new DynfarmError('usage', `--expiry "${expiry}" is more than ten years`)
}

function versionOf(option: string, text: string): string {
  if (parseVersion(text) !== undefined) return text
  throw new DynfarmError('usage', `${option} "${text}" is not a version like 1.2.3`)
}

function platformOf(text: string): string {
  if ('value' in decode(pathParameters.platform, text)) return text
  throw new DynfarmError('usage', `--platform "${text}" is not a platform like linux-x64`)
}
