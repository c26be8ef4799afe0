import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that no later one can be taken for: ids are used again, ids with a start time are not. */
export interface ProcessId {
  pid: number
  /** In clock ticks since boot. */
  start: number
}

export function ownProcess(): ProcessId {
  return { pid: process.pid, start: startTime(process.pid) ?? 0 }
}

export function identify(pid: number): ProcessId | undefined {
  const start = startTime(pid)
  return start === undefined ? undefined : { pid, start }
}

export function isAlive({ pid, start }: ProcessId): boolean {
  return startTime(pid) === start
}

/** Changes with every boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** Waits for a process group that was asked to end, and kills what is left of it after the grace. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs
  while (signalGroup(leader, 0) && Date.now() < deadline) await sleep(20)
  signalGroup(leader, 'SIGKILL')
}

/** Kills the group that the process leads, if it is still that process, and waits until it is gone. */
export async function killGroup(leader: ProcessId): Promise<boolean> {
  if (!isAlive(leader)) return false
  signalGroup(leader.pid, 'SIGKILL')
  for (let look = 0; look < 100 && isAlive(leader); look += 1) await sleep(20)
  return true
}

function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal)
  } catch {
    return false
  }
}

/** undefined for a process that ended, a zombie included. */
function startTime(pid: number): number | undefined {
  const stat = readStat(pid)
  // The name, in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === '' || state === 'Z' || state === 'X' ? undefined : Number(fields[18])
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return ''
  }
}
