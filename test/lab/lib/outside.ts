import { constants } from 'node:os'
import { execa } from 'execa'
import { DynfarmError } from '../../../src/errors.ts'
import type { ProcessMark } from './process-mark.ts'

/** The one place that runs commands on the machine the lab stands on. */
export async function runOutside(argv: readonly string[], input = ''): Promise<string> {
  const [file = '', ...args] = argv
  const result = await execa(file, args, { input, reject: false, stripFinalNewline: false })
  if (result.exitCode === 0) return result.stdout
  if (result.code === 'ENOENT') throw new DynfarmError('program-missing', `no program "${file}"`)
  throw new DynfarmError('step-failed', `"${argv.slice(0, 12).join(' ')}" failed: ${result.stderr}`)
}

/** Runs `ip -batch` in the lab's own network namespace; `force` goes on after lines that fail. */
export async function runInFabric(
  root: ProcessMark,
  lines: readonly string[],
  { force = false } = {},
): Promise<void> {
  const ip = ['ip', ...(force ? ['-force'] : []), '-batch', '-']
  const run = runOutside(['nsenter', '-t', `${root.pid}`, '-n', ...ip], `${lines.join('\n')}\n`)
  await (force ? run.catch(() => undefined) : run)
}

/** Enters every namespace of a host, and its root. */
export function enterHost(host: ProcessMark, user?: { uid: number }): string[] {
  const as = user === undefined ? [] : ['-S', `${user.uid}`, '-G', `${user.uid}`]
  return ['nsenter', '-t', `${host.pid}`, '-m', '-u', '-i', '-n', '-p', '-r', '-w', ...as, '--']
}

/** As a shell counts: 128 + N for one that ended by signal N. */
export function exitCodeOf(result: { exitCode?: number; signal?: NodeJS.Signals }): number {
  if (result.signal !== undefined) return 128 + constants.signals[result.signal]
  return result.exitCode ?? 1
}
