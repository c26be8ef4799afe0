import type { AnswerOf } from '../../protocol/endpoints.ts'
import { cleanLine } from '../../protocol/hostile.ts'
import { renderTime } from './times.ts'

export type AuditLine = AnswerOf<'audit'>['lines'][number]

/** What stands in a detail came from nodes and people, and no schema says what is in it. */
export function cleanAuditLine(line: AuditLine): AuditLine {
  return line.detail === undefined
    ? line
    : { ...line, detail: cleanAll(line.detail) as Record<string, unknown> }
}

function cleanAll(value: unknown): unknown {
  if (typeof value === 'string') return cleanLine(value)
  if (Array.isArray(value)) return value.map(cleanAll)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, part]) => [cleanLine(key), cleanAll(part)])
  return Object.fromEntries(entries)
}

/** Fixed, so that lines that come one by one stand under each other. */
const widths = { time: 20, action: 16, outcome: 8, subject: 16, actor: 20 }

/** One line: when, what, how it ended, to whom, by whom, from where, and the rest. */
export function renderAuditLine(line: AuditLine): string {
  const { time, action, outcome, actor, source, detail = {} } = line
  const { name, ...rest } = detail
  const subject = typeof name === 'string' ? name : (line.subject ?? '-')
  const cells = { time: renderTime(time), action, outcome, subject, actor }
  const columns = Object.entries(cells).map(([key, cell]) =>
    cleanLine(cell).padEnd(widths[key as keyof typeof widths]),
  )
  return `${[...columns, source ?? '-', ...Object.entries(rest).flatMap(pairOf)].join('  ')}\n`
}

function pairOf([key, value]: [string, unknown]): string[] {
  if (value === null || value === undefined) return []
  return [`${cleanLine(key)}=${textOf(value)}`]
}

function textOf(value: unknown): string {
  const isPlain = typeof value === 'string' && /^[^\s"=]+$/.test(value)
  return cleanLine(isPlain ? value : JSON.stringify(value))
}
