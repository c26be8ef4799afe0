import { type Count, Meter, type Traffic } from './traffic.ts'

const EVERY_MS = 1000

/** Looks every second, and once more at the end. */
export function watchTraffic(read: () => Count | undefined): { end(): Traffic } {
  const meter = new Meter()
  const look = () => {
    const count = read()
    if (count !== undefined) meter.look(count, performance.now())
  }
  look()
  const timer = setInterval(look, EVERY_MS)
  return {
    end: () => {
      clearInterval(timer)
      return meter.end(read(), performance.now())
    },
  }
}
