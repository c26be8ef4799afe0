import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isAlive, ownProcess } from './process.ts'

const NAME = /^\.dynfarm-(\d+)-(\d+)-\d+$/
let count = 0

/** The name says whose it is, so that one left by a killed process is known as such. */
export function temporaryPath(folder: string): string {
  const { pid, start } = ownProcess()
  count += 1
  return join(folder, `.dynfarm-${pid}-${start}-${count}`)
}

/** Removes the temporaries of processes that are no more. */
export async function sweepTemporaries(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (isAbandoned(name)) await rm(join(folder, name), { force: true }).catch(() => undefined)
  }
}

function isAbandoned(name: string): boolean {
  const [, pid, start] = NAME.exec(name) ?? []
  return pid !== undefined && !isAlive({ pid: Number(pid), start: Number(start) })
}
