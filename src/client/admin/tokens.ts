import { DynfarmError } from '../../errors.ts'
import { renderTable } from '../../profile/table.ts'
import type { AnswerOf, RequestOf } from '../../protocol/endpoints.ts'
import { durationOf, renderTime } from './times.ts'

type TokenRequest = RequestOf<'tokenCreate'>
type Token = AnswerOf<'tokenList'>['tokens'][number]

/** As they stand on the command line. */
export interface TokenOptions {
  site: string | undefined
  class: string | undefined
  role: string | undefined
  name: string | undefined
  uses: string | undefined
  ttl: string | undefined
  sources: readonly string[]
  slot: string | undefined
}

const usualTtl = { node: '24h', job: '24h', hub: '1h', service: '1h' } as const

export function tokenRequest(options: TokenOptions): TokenRequest {
  const { site, class: ofClass, name, uses = '1', sources, slot } = options
  const role = (options.role ?? 'node') as TokenRequest['role']
  return {
    role,
    ...(site !== undefined && { site }),
    ...(ofClass !== undefined && { class: ofClass }),
    ...(name !== undefined && { name }),
    uses: numberOf('--uses', uses),
    ttl: durationOf('--ttl', options.ttl ?? usualTtl[role]),
    ...(sources.length > 0 && { sources: [...sources] }),
    ...(slot !== undefined && { slot: numberOf('--slot', slot) }),
  }
}

export function numberOf(option: string, text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  throw new DynfarmError('usage', `${option} "${text}" is not a number`)
}

/** What a token is for, in words. */
export function describeToken(
  request: TokenRequest,
  { id, expires }: AnswerOf<'tokenCreate'>,
): string {
  const { role, site, class: ofClass, name, uses, sources = [], slot } = request
  const place = ofClass === undefined ? `"${site}"` : `"${site}", class "${ofClass}"`
  const machines = role === 'job' ? 'job' : 'machine'
  const whom =
    site === undefined
      ? `the ${role} "${name}"`
      : `${uses} ${machines}${uses === 1 ? '' : 's'} of ${place}`
  const limits = [
    ...(slot === undefined ? [] : [`slot ${slot}`]),
    ...(sources.length === 0 ? [] : [`from ${sources.join(', ')}`]),
    `until ${renderTime(expires)}`,
  ]
  return `token ${id} for ${whom}, ${limits.join(', ')}; it is shown this once`
}

const head = ['ID', 'FOR', 'USES', 'STATE', 'EXPIRES', 'LIMITS', 'CREATED', 'BY']

/** The newest first. */
export function renderTokens(tokens: readonly Token[], now: number): string {
  const rows = tokens
    .toSorted((a, b) => b.created - a.created)
    .map((token) => [
      token.id,
      purposeOf(token),
      `${token.used}/${token.uses}`,
      stateOf(token, now),
      renderTime(token.expires),
      limitsOf(token),
      renderTime(token.created),
      token.createdBy,
    ])
  return renderTable(head, rows)
}

function purposeOf({ role, site, class: ofClass, name }: Token): string {
  if (role === 'hub' || role === 'service') return `${role} ${name}`
  const place = [site, ofClass].filter((part) => part != null).join('/')
  return role === 'job' ? `${place} (jobs)` : place
}

/** Of several reasons why it lets nobody in, the one that lasts. */
export function stateOf({ revoked, expires, used, uses, closed }: Token, now: number): string {
  if (revoked != null) return 'revoked'
  if (expires <= now) return 'expired'
  if (used >= uses) return 'used-up'
  return closed != null ? 'closed' : 'open'
}

function limitsOf({ sources = [], slot }: Token): string {
  return [...(slot == null ? [] : [`slot ${slot}`]), ...sources].join(',') || '-'
}
