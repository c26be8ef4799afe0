import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { delimiter, dirname } from 'node:path'
import { DynfarmError } from '../../errors.ts'
import { lastWords, type Start, splitNul } from '../command-line.ts'
import { softLimitBefore } from '../open-files.ts'
import { type Count, parseCount } from '../traffic.ts'
import { unreadable } from '../unreadable.ts'

/** As the kernel has it: Node reads all of it as UTF-8, and what is none would be lost. */
export function readOwn(words: number): Pick<Start, 'command' | 'environment' | 'softLimit'> {
  return {
    command: lastWords(readFileSync('/proc/self/cmdline'), words),
    environment: splitNul(readFileSync('/proc/self/environ')),
    softLimit: softLimitBefore(
      readText(`/proc/${process.ppid}/limits`),
      readText('/proc/self/limits'),
    ),
  }
}

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

/** One that the user named. */
export function readNamed(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    throw unreadable(path, error)
  }
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

/** Whether the terminal sends its signals to this process, and so to the job as well. */
export function isInForeground(): boolean {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const [, , group, , terminal, foreground] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return terminal !== '0' && group === foreground
}

export function stopSelf(): void {
  process.kill(process.pid, 'SIGSTOP')
}
