import { DynfarmError } from '../../errors.ts'

const second = 1000
/** Certificates begin a day early; whatever is below this is no reason for anything. */
export const toleratedMs = 5 * 60 * second

export interface Heard {
  /** By the clock here, in milliseconds since 1970: when the request began, and when the answer came. */
  asked: number
  heard: number
  /** By the server's clock, at some moment between the two. */
  time: number
}

/** How far the clock here is ahead of the server's; below 0 when it is behind. */
export function clockDifference({ asked, heard, time }: Heard): number {
  if (time < asked) return asked - time
  return time > heard ? heard - time : 0
}

/** For a certificate that the server finds early or expired while the two clocks differ. */
export function clocksDiffer({ here, server }: { here: Date; server: Date }): DynfarmError {
  const difference = here.getTime() - server.getTime()
  const way = difference > 0 ? 'ahead' : 'behind'
  return clockWrong(
    `the clock here says ${show(here)}, the server's ${show(server)}: ${span(difference)} ${way}`,
    difference,
  )
}

/** For the server's certificate, which is right in all but its time. */
export function outsideValidity(
  url: string,
  { here, from, until }: { here: Date; from: Date; until: Date },
): DynfarmError {
  const isEarly = here < from
  const limit = isEarly ? from : until
  const difference = here.getTime() - limit.getTime()
  const event = isEarly ? 'begins' : 'ended'
  const hint =
    'set the clock of this machine; where it is right, the server needs a new certificate'
  return clockWrong(
    `the clock here says ${show(here)}, and the certificate of "${url}" ${event} ${show(limit)}, ` +
      `${span(difference)} ${isEarly ? 'later' : 'earlier'}`,
    difference,
    isEarly ? {} : { hint },
  )
}

function clockWrong(
  message: string,
  differenceMs: number,
  { hint }: { hint?: string } = {},
): DynfarmError {
  const details = { differenceMs }
  return new DynfarmError('clock-wrong', message, { details, ...(hint !== undefined && { hint }) })
}

function show(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** The largest unit that fits: 3 days. */
function span(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / second)
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? ['second', 1]
  const count = Math.round(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
