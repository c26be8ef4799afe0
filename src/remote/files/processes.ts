import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'

/** When a process began, as the kernel counts; undefined when there is none of that number. */
export async function bornOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')')).split(' ')[20]
}

/** A container may run as a number that nobody named. */
export function ownName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid-${process.getuid?.()}`
  }
}

/** Who is at work, as far as this host can tell. */
export function whoIsHere(sudoUser: string | undefined): string {
  const person = sudoUser === undefined ? ownName() : `${ownName()} (${sudoUser})`
  return `${person}@${hostname()}`.slice(0, 255)
}
