import { readCount } from './edge/own.ts'
import { JOB } from './names.ts'
import { Meter, type Traffic } from './traffic.ts'

const EVERY_MS = 1000

/** Looks at the outer end of the job's device every second, from outside. */
export function watchTraffic(pid: number): { end(): Traffic } {
  const meter = new Meter()
  const look = () => {
    const count = readCount(pid, JOB)
    if (count !== undefined) meter.look(count, performance.now())
    return count
  }
  look()
  const timer = setInterval(look, EVERY_MS)
  return {
    end: () => {
      clearInterval(timer)
      return meter.end(readCount(pid, JOB), performance.now())
    },
  }
}
