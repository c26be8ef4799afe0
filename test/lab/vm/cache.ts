import { existsSync, mkdirSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isAlive, markOf, type ProcessMark } from '../lib/process-mark.ts'

const keptMs = 14 * 24 * 3600 * 1000

/**
 * A folder of things that are dear to make and are named by a key of what went into them. What is
 * there is whole: it is made under another name, which says by whom, and renamed at the end.
 */
export function cacheFolder(kind: 'images' | 'modules' | 'runs'): string {
  const home = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  const folder = join(home, 'dynfarm', 'vm', kind)
  mkdirSync(folder, { recursive: true })
  return folder
}

/** A folder for this process alone; `sweepCache` removes it once the process is gone. */
export function makeOwnFolder(kind: 'images' | 'modules' | 'runs', key: string): string {
  const own = markOf(process.pid)
  const path = join(cacheFolder(kind), `${key}.${own?.pid}.${own?.start}`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  return path
}

/** Is another process at work on this key? */
export function isBeingMade(kind: 'images' | 'modules', key: string): boolean {
  return readdirSync(cacheFolder(kind)).some((name) => {
    const maker = parseMaker(name)
    return maker?.key === key && maker.mark.pid !== process.pid && lives(maker.mark)
  })
}

export function touch(path: string): boolean {
  if (!existsSync(path)) return false
  utimesSync(path, new Date(), new Date())
  return true
}

/** Removes what dead processes left half-made, and what nobody used for two weeks. */
export function sweepCache(): void {
  for (const kind of ['images', 'modules', 'runs'] as const)
    for (const name of readdirSync(cacheFolder(kind))) {
      const path = join(cacheFolder(kind), name)
      if (isStale(path, name)) rmSync(path, { recursive: true, force: true })
    }
}

function isStale(path: string, name: string): boolean {
  const maker = parseMaker(name)
  if (maker !== undefined) return !lives(maker.mark)
  return Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > keptMs
}

type Maker = Pick<ProcessMark, 'pid' | 'start'>

function lives(mark: Maker): boolean {
  const now = markOf(mark.pid)
  return now !== undefined && now.start === mark.start && isAlive(now)
}

function parseMaker(name: string): { key: string; mark: Maker } | undefined {
  const [, key, pid, start] = /^(.*)\.(\d+)\.(\d+)$/.exec(name) ?? []
  if (key === undefined || pid === undefined || start === undefined) return undefined
  return { key, mark: { pid: Number(pid), start } }
}
