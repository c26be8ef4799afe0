import { readFile } from 'node:fs/promises'
import { hostname, userInfo } from 'node:os'

/** When a process began, as the kernel counts; undefined when there is none of that number. */
export async function bornOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  return stat?.slice(stat.lastIndexOf(')')).split(' ')[20]
}

/** Who is at work, as far as this host can tell. */
export function whoIsHere(sudoUser: string | undefined): string {
  const { username } = userInfo()
  const person = sudoUser === undefined ? username : `${username} (${sudoUser})`
  return `${person}@${hostname()}`.slice(0, 255)
}
