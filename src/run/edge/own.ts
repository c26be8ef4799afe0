import { closeSync, existsSync, readdirSync, readFileSync, realpathSync, writeSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { DynfarmError } from '../../errors.ts'
import { type Bytes, lastWords, splitNul } from '../command-line.ts'
import { type Count, parseCount } from '../traffic.ts'

/** As the kernel has it: Node reads all of it as UTF-8, and what is none would be lost. */
export function readOwn(words: number): { command: Bytes[]; environment: Bytes[] } {
  return {
    command: lastWords(readFileSync('/proc/self/cmdline'), words),
    environment: splitNul(readFileSync('/proc/self/environ')),
  }
}

/** Whoever started this may have left descriptors open, which would be the job's too: Node's own never are. */
export function closeInherited(keep: number | undefined): void {
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name)
    if (fd > 2 && fd !== keep && isInherited(fd)) closeSync(fd)
  }
}

function isInherited(fd: number): boolean {
  const info = readText(`/proc/self/fdinfo/${fd}`)
  const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1]
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSED_ON_EXEC) === 0
}

const CLOSED_ON_EXEC = 0o2000000

/** Beside the executable first, and where cron and some batch systems forget to look last. */
export function toolPath(executable: string): string {
  const given = process.env['PATH']
  return [dirname(executable), ...(given ? [given] : []), ADMIN].join(delimiter)
}

const ADMIN = '/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin'

export function findProgram(name: string, path: string): string {
  const found = path.split(delimiter).find((folder) => existsSync(`${folder}/${name}`))
  if (found !== undefined) return `${found}/${name}`
  throw new DynfarmError('program-missing', `program "${name}" is not installed`)
}

/** All that this user is in. */
export function ownGroups(): number[] {
  return [process.getgid?.() ?? 0, ...(process.getgroups?.() ?? [])]
}

/** One letter, as `ps` has it; undefined once it is gone. */
export function stateOf(pid: number): string | undefined {
  const stat = readText(`/proc/${pid}/stat`)
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) || undefined
}

/** Where a path leads to in the end; undefined where it leads nowhere. */
export function realPath(path: string): string | undefined {
  return existsSync(path) ? realpathSync(path) : undefined
}

export function readText(path: string): string {
  return existsSync(path) ? readFileSync(path, 'latin1') : ''
}

/** What the network of a process counted; undefined once it is gone. */
export function readCount(pid: number, device: string): Count | undefined {
  try {
    return parseCount(readFileSync(`/proc/${pid}/net/dev`, 'utf8'), device)
  } catch {
    return undefined
  }
}

/** `--status-fd`: whether anybody reads it is not this process's business. */
export function writeStatus(fd: number, record: object): void {
  try {
    writeSync(fd, `${JSON.stringify(record)}\n`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return
    throw new DynfarmError('usage', `--status-fd "${fd}" cannot be written to`, { cause: error })
  }
}

/** Whether the terminal sends its signals to this process, and so to the job as well. */
export function isInForeground(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return terminal !== '0' && group === foreground
}

export function stopSelf(): void {
  process.kill(process.pid, 'SIGSTOP')
}
