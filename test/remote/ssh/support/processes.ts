import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { Sink } from '../../../../src/remote/channel-output.ts'

/** A command that does nothing for long, and is of these tests alone. */
export function nap(seconds: number): string {
  return `sleep ${seconds}.${process.pid}`
}

export function endNaps(): void {
  const isNap = (command: string) =>
    /^sleep \d+\.\d+$/.test(command) && command.endsWith(`.${process.pid}`)
  endAll(numbers().filter((pid) => isNap(commandOf(pid))))
}

/** Those of them that did not end by themselves since. */
export function endAll(
  pids: readonly (string | number)[],
  signal: NodeJS.Signals = 'SIGTERM',
): void {
  for (const pid of pids) {
    try {
      process.kill(Number(pid), signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
}

function numbers(): string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

/** The processes of this command line. */
export function processes(command: string): number[] {
  return numbers()
    .filter((pid) => commandOf(pid) === command)
    .map(Number)
}

/** Nothing of one that ended since. */
export function commandOf(pid: string | number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    return ''
  }
}

/** The other processes that have a file open in that folder. */
export function holders(folder: string): string[] {
  const others = numbers().filter((pid) => Number(pid) !== process.pid)
  return others.filter((pid) => openFiles(pid).some((path) => path.startsWith(`${folder}/`)))
}

function openFiles(pid: string): string[] {
  const folder = `/proc/${pid}/fd`
  const pathOf = (fd: string) => orNothing(() => [readlinkSync(`${folder}/${fd}`)])
  return orNothing(() => readdirSync(folder)).flatMap(pathOf)
}

/** What ended, or was closed, since it was listed. */
function orNothing(read: () => string[]): string[] {
  try {
    return read()
  } catch {
    return []
  }
}

/** The processes that this one began. */
export function childrenOf(pid: number): number[] {
  return numbers()
    .filter((name) => parentOf(name) === pid)
    .map(Number)
}

function parentOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2])
  } catch {
    return -1
  }
}

export function cgroups(): string[] {
  return readdirSync(cgroupRoot()).filter((name) => name.startsWith('dynfarm-'))
}

/** Of version 2. */
export function cgroupRoot(): string {
  const mixed = '/sys/fs/cgroup/unified'
  return existsSync(mixed) ? mixed : '/sys/fs/cgroup'
}

/** Hears whether a command printed anything: that it runs is known on both sides then. */
export function listener(): { sink: Sink; hasHeard(): boolean } {
  let hasHeard = false
  const sink: Sink = () => {
    hasHeard = true
    return undefined
  }
  return { sink, hasHeard: () => hasHeard }
}

export async function until(isTrue: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (isTrue()) return
    await sleep(50)
  }
  expect(isTrue()).toBe(true)
}
