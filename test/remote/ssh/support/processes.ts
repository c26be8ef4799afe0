import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'

/** A command that does nothing for long, and is of these tests alone. */
export function nap(seconds: number): string {
  return `sleep ${seconds}.${process.pid}`
}

export function endNaps(): void {
  for (const pid of numbers()) {
    if (/^sleep \d+\.\d+$/.test(commandOf(pid)) && commandOf(pid).endsWith(`.${process.pid}`))
      process.kill(Number(pid))
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

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim()
  } catch {
    return ''
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

export async function until(isTrue: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (isTrue()) return
    await sleep(50)
  }
  expect(isTrue()).toBe(true)
}
