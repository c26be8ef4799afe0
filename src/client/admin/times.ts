import { DynfarmError } from '../../errors.ts'
import { parseDuration } from '../../profile/quantity.ts'

/** As people read it, and as `--at` takes it. */
export function renderTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}

const units = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const

/** How long something is: 14s, 3m, 2h, 5d. */
export function renderSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [unit, size] = units.find(([, length]) => seconds >= length) ?? ['s', 1]
  return `${Math.floor(seconds / size)}${unit}`
}

/** A moment in milliseconds: `2026-03-01T12:00Z` (without zone: the time here), `10:30`, `-2h`. */
export function parseMoment(text: string, now: Date): number {
  const moment = parseAgo(text, now) ?? parseClock(text, now) ?? parseDate(text)
  if (moment !== undefined && moment >= 0) return moment
  throw new DynfarmError('usage', `"${text}" is not a time`, {
    hint: 'as 2026-03-01T12:00Z, 10:30, or -2h for two hours ago',
  })
}

function parseAgo(text: string, now: Date): number | undefined {
  const span = text.startsWith('-') ? parseDuration(text.slice(1)) : undefined
  return span && now.getTime() - span
}

/** The last time that it was so late. */
function parseClock(text: string, now: Date): number | undefined {
  const [whole, hour, minute, second = '0'] = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text) ?? []
  if (whole === undefined || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return
  const moment = new Date(now)
  moment.setHours(Number(hour), Number(minute), Number(second), 0)
  if (moment > now) moment.setDate(moment.getDate() - 1)
  return moment.getTime()
}

const date = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?)?$/

/** A day alone is its beginning here. */
function parseDate(text: string): number | undefined {
  const [whole, day, time = '00:00', zone = ''] = date.exec(text) ?? []
  const moment = Date.parse(`${day}T${time}${zone}`)
  const isDay = whole !== undefined && isInCalendar(day ?? '')
  return isDay && !Number.isNaN(moment) ? moment : undefined
}

/** Date takes the 30th of February for one in March. */
function isInCalendar(day: string): boolean {
  const parsed = new Date(`${day}T00:00Z`)
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(day)
}

/** A duration as an option has it. */
export function durationOf(option: string, text: string): number {
  const duration = parseDuration(text)
  if (duration !== undefined) return duration
  throw new DynfarmError('usage', `${option} "${text}" is not a duration`, {
    hint: 'as 30m, 2h or 7d',
  })
}
