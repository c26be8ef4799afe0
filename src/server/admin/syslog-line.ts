import type { AuditRecord } from '../../protocol/records.ts'
import { renderAuditLine } from './audit-line.ts'

/** What syslog passes on whole nearly everywhere, less the head that `logger` writes. */
const longest = 8000

/** An entry as one line of JSON; what is too long for syslog is told without its detail, which the store has. */
export function renderSyslogLine(record: AuditRecord): string {
  const line = renderAuditLine(record)
  const text = JSON.stringify(line)
  if (Buffer.byteLength(text) <= longest) return text
  return JSON.stringify({ ...line, addresses: line.addresses?.slice(0, 8), detail: { cut: true } })
}
