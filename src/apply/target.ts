import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { quoteWord } from '../plan/text.ts'

const MOST_LINKS = 40

/**
 * The file that a path means. Symlinks on the way are followed only where root or the running user made
 * them, since anybody else's could lead a write of root's to any file; the last one must lead somewhere.
 */
export async function resolveTarget(path: string): Promise<string> {
  const left = parts(isAbsolute(path) ? path : `${process.cwd()}/${path}`)
  let links = 0
  let lastIsLink = false
  let reached = '/'
  for (let name = left.shift(); name !== undefined; name = left.shift()) {
    const here = join(reached, name)
    const stats = look(here)
    if (stats?.isSymbolicLink() !== true) {
      reached = here
      continue
    }
    refuseForeignLink(here, stats)
    links += 1
    if (links > MOST_LINKS) throw refused(path, 'leads through too many symlinks')
    lastIsLink ||= left.length === 0
    const goal = readlinkSync(here)
    left.unshift(...parts(goal))
    if (goal.startsWith('/')) reached = '/'
  }
  if (lastIsLink && (await statTarget(reached)) === undefined) {
    throw refused(path, `is a symlink to "${quoteWord(reached)}", which does not exist`)
  }
  return reached
}

/** undefined when there is nothing; anything but a regular file is refused. */
export async function statTarget(target: string): Promise<Stats | undefined> {
  const stats = look(target)
  if (stats === undefined || stats.isFile()) return stats
  throw refused(target, `is ${kindOf(stats)}, not a regular file`)
}

export async function refuseSymlink(path: string): Promise<void> {
  const stats = look(path)
  if (stats?.isSymbolicLink() === true) throw refused(path, 'is a symlink, which is not removed')
}

export function refused(path: string, why: string): DynfarmError {
  return new DynfarmError('file-refused', `"${quoteWord(path)}" ${why}`)
}

/** At once: a path is many looks, and to hand each to another thread costs more than all of them. */
function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false })
}

/** `..` goes up from where the links led, as the kernel does it. */
function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}

function refuseForeignLink(link: string, { uid }: Stats): void {
  if (uid === 0 || uid === process.getuid?.()) return
  throw refused(link, `is a symlink of user ${uid}, which is not followed`)
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe'
  if (stats.isSocket()) return 'a socket'
  return stats.isSymbolicLink() ? 'a symlink' : 'a device'
}
