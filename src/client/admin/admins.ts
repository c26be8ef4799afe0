import { renderTable } from '../../profile/table.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { renderTime } from './times.ts'

type Admin = AnswerOf<'adminList'>['admins'][number]

const head = ['NAME', 'ROLE', 'SITE', 'STATE', 'CREATED', 'BY']

/** By name; of one name, who has it now comes first. */
export function renderAdmins(admins: readonly Admin[]): string {
  const rows = admins
    .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)) || b.created - a.created)
    .map(({ name, rank, site, revoked, created, createdBy }) => [
      name,
      rank,
      site ?? 'all',
      revoked === null ? 'open' : `revoked ${renderTime(revoked)}`,
      renderTime(created),
      createdBy,
    ])
  return renderTable(head, rows)
}
