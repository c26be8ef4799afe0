import { parseAddress } from '../../address.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { cleanLine } from '../../protocol/hostile.ts'
import type { AuditRecord } from '../../protocol/records.ts'

export type AuditLine = AnswerOf<'audit'>['lines'][number]

/** An entry as it leaves the server. The store has hostile texts as they came: here they lose their power. */
export function renderAuditLine({ detail, ...record }: AuditRecord): AuditLine {
  return {
    ...record,
    actor: shortLine(record.actor),
    action: shortLine(record.action),
    subject: record.subject === null ? null : shortLine(record.subject),
    source: record.source === null ? null : shortLine(record.source),
    outcome: shortLine(record.outcome),
    addresses: record.addresses.filter((one) => parseAddress(one) !== undefined).slice(0, 64),
    detail: cleanAll(detail) as Record<string, unknown>,
  }
}

const longest = 255

function shortLine(text: string): string {
  return cleanLine(text.slice(0, longest))
}

function cleanAll(value: unknown): unknown {
  if (typeof value === 'string') return cleanLine(value)
  if (Array.isArray(value)) return value.map(cleanAll)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, part]) => [cleanLine(key), cleanAll(part)])
  return Object.fromEntries(entries)
}
