import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { hostMark, rootMark } from './folder.ts'
import type { Lab } from './lab.ts'

/** What a lab holds of the machine, taken while it runs, to be looked for when it does not. */
export interface Holdings {
  folder: string
  namespaces: ReadonlySet<string>
}

const kinds = ['net', 'mnt', 'uts', 'ipc', 'pid']

export function holdingsOf(lab: Lab): Holdings {
  const marks = lab.hosts.map((host) => hostMark(lab.folder, host.name))
  const pids = [rootMark(lab.folder), ...marks].flatMap((mark) => mark?.pid ?? [])
  const own = new Set(namespacesOf(process.pid))
  const all = pids.flatMap((pid) => namespacesOf(pid))
  return {
    folder: lab.folder.path,
    namespaces: new Set(all.filter((namespace) => !own.has(namespace))),
  }
}

/** Every process, mount and folder of the machine that still has to do with the lab. */
export function tracesOf({ folder, namespaces }: Holdings): string[] {
  return [
    ...processIds().filter((pid) => namespacesOf(pid).some((each) => namespaces.has(each))),
    ...processIds().filter((pid) => pid !== process.pid && read(pid, 'cmdline').includes(folder)),
    ...read(process.pid, 'mountinfo')
      .split('\n')
      .filter((line) => line.includes(folder)),
    ...(existsSync(folder) ? [folder] : []),
  ].map(String)
}

/** Processes that were started with this text in their environment or arguments, this one aside. */
export function processesOf(text: string): number[] {
  const says = (pid: number) => (read(pid, 'environ') + read(pid, 'cmdline')).includes(text)
  return processIds().filter((pid) => pid !== process.pid && says(pid))
}

function processIds(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? Number(name) : []))
}

function namespacesOf(pid: number): string[] {
  return kinds.flatMap((kind) => orNothing(() => [readlinkSync(`/proc/${pid}/ns/${kind}`)]) ?? [])
}

function read(pid: number, file: string): string {
  return orNothing(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? ''
}

/** Processes end while they are looked at. */
function orNothing<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
