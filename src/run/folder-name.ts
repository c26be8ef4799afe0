import type { ProcessId } from '../apply/process.ts'

/** By what a process is known for good: its number is used again, on this host and on others. */
export interface Here {
  host: string
  boot: string
  /** Of process numbers. */
  namespace: string
}

/** Hosts may share the folder, and a host may have been started anew since. */
export function folderName(here: Here, { pid, start }: ProcessId): string {
  const { host, boot, namespace } = here
  return [host, boot, namespace, pid, start].map((part) => encodeURIComponent(part)).join(',')
}

/** Whose process is gone for certain; of other hosts, and of other numberings, nothing is known here. */
export function isAbandoned(
  name: string,
  here: Here,
  isAlive: (process: ProcessId) => boolean,
): boolean {
  const match = /^([^,]+),([^,]+),(\d+),(\d+),(\d+)$/.exec(name)
  if (match === null) return false
  const [, host = '', boot, namespace, pid, start] = match
  if (host !== encodeURIComponent(here.host)) return false
  if (boot !== here.boot) return true
  return namespace === here.namespace && !isAlive({ pid: Number(pid), start: Number(start) })
}
