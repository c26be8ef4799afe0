import { readFileSync } from 'node:fs'

/** A process that cannot be mistaken: pids are used again, but not with the same start in one boot. */
export interface ProcessMark {
  boot: string
  pid: number
  /** Clock ticks since boot, as /proc writes them. */
  start: string
}

export function markOf(pid: number): ProcessMark | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`)
  return stat === undefined ? undefined : parseMark(`${bootId()} ${stat}`)
}

/** Reads `BOOT-ID` followed by a line of /proc/PID/stat; a zombie is no process any more. */
export function parseMark(line: string): ProcessMark | undefined {
  const match = /^(\S+) (\d+) \(.*\) (\S) (.*)/s.exec(line)
  if (match === null) return undefined
  const [, boot = '', pid = '', state = '', rest = ''] = match
  const start = rest.split(' ')[18]
  if (start === undefined || state === 'Z' || state === 'X') return undefined
  return { boot, pid: Number(pid), start }
}

export function readMark(file: string): ProcessMark | undefined {
  const line = readIfThere(file)
  return line === undefined ? undefined : parseMark(line)
}

export function isAlive(mark: ProcessMark): boolean {
  const now = markOf(mark.pid)
  return now !== undefined && now.start === mark.start && now.boot === mark.boot
}

/** Kills exactly this process and waits until nothing of it is left; one that is gone already is fine. */
export async function killAndWait(mark: ProcessMark): Promise<void> {
  if (!(await killFor(mark, 60_000))) throw new Error(`process ${mark.pid} does not end`)
}

/** False when something of it is left after that time. */
export async function killFor(mark: ProcessMark, patienceMs: number): Promise<boolean> {
  if (isAlive(mark)) tryKill(mark.pid)
  for (const deadline = Date.now() + patienceMs; isAlive(mark); ) {
    if (Date.now() > deadline) return false
    await new Promise((wake) => setTimeout(wake, 10))
  }
  return true
}

function tryKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT') || isCode(error, 'ESRCH')) return undefined
    throw error
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
