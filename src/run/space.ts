import { DynfarmError } from '../errors.ts'
import { Closing } from './closing.ts'
import type { Bind, Cover } from './cover.ts'
import type { PrivateFolder } from './edge/folder.ts'
import { type Inner, startInner } from './edge/job.ts'
import { type Keeper, startKeeper, startOuter, startUplink, type Uplink } from './edge/outer.ts'
import { readNamed, readText, realPath } from './edge/own.ts'

/** The namespaces of one job, with nothing in them yet but an uplink. */
export interface Space {
  keeper: Keeper
  uplink: Uplink
  inner: Inner
  /** A process whose network is the outer one. */
  pid: number
  end(): Promise<void>
}

interface Asked {
  tokenFiles: readonly string[]
  configDir: string
  resolv: string | undefined
  binds: readonly Bind[]
}

export async function openSpace(
  asked: Asked,
  folder: PrivateFolder,
  tools: { path: string; self: readonly string[] },
): Promise<Space> {
  const closing = new Closing()
  try {
    const outer = await closing.after(startOuter(tools), (one) => one.end())
    const keeper = startKeeper(outer, tools)
    const leading = closing.after(startUplink(outer, tools), (one) => one.end())
    const entering = startInner(outer, coverOf(asked, folder), tools)
    const [inner, uplink] = await Promise.all([entering, leading])
    closing.after(Promise.resolve(inner), (one) => one.release())
    return { keeper, uplink, inner, pid: outer.pid, end: () => closing.close() }
  } catch (error) {
    await closing.close()
    throw error
  }
}

/** Its own names, and out of its sight what is dynfarm's, or would run something for it elsewhere. */
function coverOf({ tokenFiles, configDir, resolv, binds }: Asked, folder: PrivateFolder): Cover {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const names = { hosts: readText('/etc/hosts'), 'resolv.conf': resolvText(resolv) }
  const own = Object.entries(names).flatMap(([name, content]) => {
    const to = realPath(`/etc/${name}`)
    return to === undefined
      ? []
      : [{ from: folder.write(name, Buffer.from(content, 'latin1')), to }]
  })
  const runtime = [`/run/user/${uid}`].flatMap((path) => realPath(path) ?? [])
  const secret = [...tokenFiles, `${configDir}/join.yaml`].flatMap((path) => realPath(path) ?? [])
  const wished = binds.map(({ from, to }) => ({ from: existing(from), to: existing(to) }))
  return { uid, gid, binds: [...own, ...wished], folders: [...runtime, folder.base], files: secret }
}

function resolvText(path: string | undefined): string {
  return path === undefined ? '' : readNamed(path)
}

function existing(path: string): string {
  const found = realPath(path)
  if (found !== undefined) return found
  throw new DynfarmError('usage', `there is no file "${path}"`)
}
