import { accessSync, constants, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  executablePath,
  olderInsteadPath,
  versionInGoal,
  versionPlaces,
  versionsRoot,
} from '../src/apply/version-places.ts'
import { goesBefore } from '../src/pki/version.ts'

/**
 * The executable that is to run instead of this one: the package's file starts the version in force. A version of
 * /opt/dynfarm itself starts no other one, so there is never a circle.
 */
export function standIn(own: Own, root: string = versionsRoot): string | undefined {
  const version = look(() => versionInGoal(readlinkSync(versionPlaces(root).link)))
  if (version === undefined || own.path.startsWith(`${realpathSync(root)}/`)) return undefined
  const olderInstead = look(() => readFileSync(olderInsteadPath(root, version), 'utf8'))
  if (!goesBefore({ version, olderInstead }, own.version)) return undefined
  const path = look(() => realpathSync(executablePath(root, version)))
  return path !== undefined && isSafe(path) ? path : undefined
}

export interface Own {
  version: string
  /** Without symlinks. */
  path: string
}

/** What cannot be read is not there for who starts this: its own version does. */
function look<T>(reading: () => T): T | undefined {
  try {
    return reading()
  } catch {
    return undefined
  }
}

/** Nobody but root can have put it there, or can put another one in its place. */
function isSafe(path: string): boolean {
  const foul = [path, ...foldersAbove(path)].some((one) => {
    const { uid, mode } = lstatSync(one)
    return uid !== 0 || (mode & 0o022) !== 0
  })
  return !foul && lstatSync(path).isFile() && look(() => canStart(path)) === true
}

function canStart(path: string): true {
  accessSync(path, constants.X_OK)
  return true
}

function foldersAbove(path: string): string[] {
  const above = dirname(path)
  return above === path ? [] : [above, ...foldersAbove(above)]
}
