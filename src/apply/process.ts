import { readdirSync, readFileSync } from 'node:fs'
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

export function isAlive({ pid, start }: ProcessId): boolean {
  return startTime(pid) === start
}

/** Changes with every boot. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

/** Asks a process group to end, and kills what is left of it after the grace. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  if (!signalGroup(leader, 'SIGTERM')) return
  await untilGone(leader, graceMs)
  if (signalGroup(leader, 'SIGKILL')) await untilGone(leader, DYING_MS)
}

const DYING_MS = 500
const LOOK_EVERY_MS = 20

export const MARKER_VARIABLE = 'DYNFARM_STEP'
const MOST_ROUNDS = 50

/** Kills all processes that carry one of the markers, and what they start meanwhile. */
export async function killMarked(markers: readonly string[]): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const marked = otherProcesses().filter((pid) => markers.includes(markerOf(pid) ?? ''))
    if (marked.length === 0) return
    for (const pid of marked) sendSignal(pid, 'SIGKILL')
    await sleep(LOOK_EVERY_MS)
  }
}

function otherProcesses(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map(Number)
}

/** A zombie has no environment left, nor has another user's process for who is not root. */
function markerOf(pid: number): string | undefined {
  const start = `${MARKER_VARIABLE}=`
  const variables = readProc(`${pid}/environ`).split('\0')
  return variables.find((variable) => variable.startsWith(start))?.slice(start.length)
}

/** The dead count as members until they are reaped, and in some containers nobody does that. */
async function untilGone(leader: number, mostMs: number): Promise<void> {
  const deadline = performance.now() + mostMs
  while (signalGroup(leader, 0) && performance.now() < deadline) await sleep(LOOK_EVERY_MS)
}

function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  return sendSignal(-leader, signal)
}

function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** undefined for a process that ended, a zombie included. */
export function startTime(pid: number): number | undefined {
  const stat = readProc(`${pid}/stat`)
  // The name, in parentheses, may itself hold spaces and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === '' || state === 'Z' || state === 'X' ? undefined : Number(fields[18])
}

function readProc(name: string): string {
  try {
    return readFileSync(`/proc/${name}`, 'utf8')
  } catch {
    return ''
  }
}
