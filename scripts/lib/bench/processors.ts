import { cpus } from 'node:os'

export interface Processors {
  idle: number
  all: number
}

export function readProcessors(): Processors {
  const times = cpus().map((one) => one.times)
  const idle = times.reduce((sum, time) => sum + time.idle, 0)
  const all = times.flatMap((time) => Object.values(time)).reduce((sum, time) => sum + time, 0)
  return { idle, all }
}

/** The part of the time since then in which they had something to do, this machine's other work included. */
export function busySince(before: Processors): number {
  const now = readProcessors()
  return 1 - (now.idle - before.idle) / (now.all - before.all)
}
