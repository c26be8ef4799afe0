import { createHash } from 'node:crypto'
import type { AuditEntry, AuditRecord, Time } from '../protocol/records.ts'
import type { Context } from './context.ts'
import { join, only, type Query, type Row, raw, type Sql, sql, when, where } from './sql.ts'

export interface AuditFilter {
  /** Bounds of the time, both included. */
  readonly from?: Time
  readonly to?: Time
  readonly actor?: string
  readonly action?: string
  readonly actions?: readonly string[]
  readonly subject?: string
  readonly address?: string
  /** The same, where it is not the source: an address that the entry is about. */
  readonly heldAddress?: string
  /** What `detail.site` of an entry says. */
  readonly site?: string
  readonly about?: About
  /** Only what came after this sequence number, to follow or to page. */
  readonly after?: number
  readonly newestFirst?: boolean
  readonly limit: number
}

type Conditions = Omit<AuditFilter, 'newestFirst' | 'limit'>

/** Entries with one of these subjects or one of these addresses. */
export interface About {
  readonly subjects: readonly string[]
  readonly addresses: readonly string[]
}

/** A link of the chain: its place and its hash. */
export interface Link {
  readonly sequence: number
  readonly hash: string
}

export interface AuditCheck {
  /** The last link found good; the check of the next portion goes on from it. */
  readonly checked: Link
  readonly outcome: 'goes-on' | 'complete' | 'broken'
}

/** Entries are read, checked and pruned in portions of so many. */
const portion = 1000

export function auditReads(connection: Sql) {
  return {
    list: async (filter: AuditFilter): Promise<AuditRecord[]> => {
      const order = raw(filter.newestFirst === true ? 'desc' : 'asc')
      const rows = await connection.all(sql`
        select sequence, hash, body from audit ${matching(filter)}
        order by sequence ${order} limit ${filter.limit}`)
      return rows.map(decode)
    },
    /** Of each subject its first or its last entry among those that match, in their order. */
    ofEachSubject: async (edge: 'first' | 'last', filter: Conditions): Promise<AuditRecord[]> => {
      const pick = raw(edge === 'first' ? 'min' : 'max')
      const rows = await connection.all(sql`
        select sequence, hash, body from audit where sequence in (
          select ${pick}(sequence) from audit ${matching(filter)} group by subject)
        order by sequence`)
      return rows.map(decode)
    },
    /** The newest link, which is worth keeping elsewhere: a chain cut off at its end is whole. */
    head: (): Promise<Link> => readHead(connection),
    /** Checks the next portion of the chain after that link; from its beginning where none is given. */
    verify: (after?: Link): Promise<AuditCheck> => verify(connection, after),
  }
}

export function auditWrites(context: Context) {
  return {
    append: (entry: AuditEntry): Promise<void> => appendAudit(context, entry),
    /**
     * Forgets the oldest entries, up to the first that is not older than that, a bounded number at a time.
     * The chain then begins at an anchor, which an entry of its own records.
     */
    prune: (pruning: { before: Time; at: Time }): Promise<number> => prune(context, pruning),
  }
}

export async function appendAudit(connection: Sql, entry: AuditEntry): Promise<void> {
  const head = await readHead(connection)
  const sequence = head.sequence + 1
  const body = JSON.stringify({ ...entry, previous: head.hash })
  const hash = chainHash(sequence, body)
  await connection.run(sql`
    insert into audit (sequence, time, actor, action, subject, site, hash, body)
    values (${sequence}, ${entry.time}, ${searchable(entry.actor)}, ${searchable(entry.action)},
      ${entry.subject === null ? null : searchable(entry.subject)}, ${siteOf(entry)}, ${hash}, ${body})`)
  for (const address of new Set(entry.addresses.map(searchable)))
    await connection.run(sql`
      insert into audit_addresses (address, sequence, is_source)
      values (${address}, ${sequence}, ${address === entry.source ? 1 : 0})`)
}

function chainHash(sequence: number, body: string): string {
  return createHash('sha256').update(`${sequence}\n${body}`).digest('hex')
}

/** Foreign text, which the body has as it came, made fit for a column to search in. */
function searchable(text: string): string {
  return text.replaceAll('\0', '\ufffd').toWellFormed()
}

function siteOf({ detail: { site } }: AuditEntry): string | null {
  return typeof site === 'string' ? searchable(site) : null
}

async function readHead(connection: Sql): Promise<Link> {
  const newest = await connection.all(
    sql`select sequence, hash from audit order by sequence desc limit 1`,
  )
  return newest[0] === undefined ? readAnchor(connection) : link(newest[0])
}

async function readAnchor(connection: Sql): Promise<Link> {
  return link(
    await only(connection, sql`select anchor_sequence as sequence, anchor_hash as hash from meta`),
  )
}

function link(row: Row): Link {
  return { sequence: Number(row['sequence']), hash: String(row['hash']) }
}

function decode(row: Row): AuditRecord {
  return { ...JSON.parse(String(row['body'])), ...link(row) }
}

function matching(filter: Conditions): Query {
  return where([
    when(filter.site, (site) => sql`site = ${site}`),
    filter.actions && sql`action in (${list(filter.actions)})`,
    filter.about && aboutOne(filter.about),
    when(filter.from, (from) => sql`time >= ${from}`),
    when(filter.to, (to) => sql`time <= ${to}`),
    when(filter.actor, (actor) => sql`actor = ${actor}`),
    when(filter.action, (action) => sql`action = ${action}`),
    when(filter.subject, (subject) => sql`subject = ${subject}`),
    when(filter.after, (after) => sql`sequence > ${after}`),
    filter.address === undefined ? undefined : withAddress([filter.address]),
    when(
      filter.heldAddress,
      (address) => sql`subject is not null and sequence in (
        select sequence from audit_addresses where address = ${address} and is_source = 0)`,
    ),
  ])
}

function aboutOne({ subjects, addresses }: About): Query {
  return sql`(subject in (${list(subjects)}) or ${withAddress(addresses)})`
}

function withAddress(addresses: readonly string[]): Query {
  return sql`sequence in (select sequence from audit_addresses where address in (${list(addresses)}))`
}

/** Never empty: SQL has no list without entries. */
function list(texts: readonly string[]): Query {
  return texts.length === 0
    ? sql`${null}`
    : join(
        texts.map((text) => sql`${text}`),
        ', ',
      )
}

async function verify(connection: Sql, after: Link | undefined): Promise<AuditCheck> {
  const anchor = await readAnchor(connection)
  let checked = after !== undefined && after.sequence > anchor.sequence ? after : anchor
  const rows = await connection.all(sql`
    select sequence, time, actor, action, subject, site, hash, body from audit
    where sequence > ${checked.sequence} order by sequence limit ${portion}`)
  for (const row of rows) {
    if (!follows(row, checked)) return { checked, outcome: 'broken' }
    checked = link(row)
  }
  return { checked, outcome: rows.length < portion ? 'complete' : 'goes-on' }
}

function follows(row: Row, before: Link): boolean {
  const body = String(row['body'])
  const entry: AuditRecord = JSON.parse(body)
  return (
    row['sequence'] === before.sequence + 1 &&
    row['hash'] === chainHash(before.sequence + 1, body) &&
    entry.previous === before.hash &&
    row['time'] === entry.time &&
    row['actor'] === searchable(entry.actor) &&
    row['action'] === searchable(entry.action) &&
    row['subject'] === (entry.subject === null ? null : searchable(entry.subject)) &&
    row['site'] === siteOf(entry)
  )
}

async function prune(
  context: Context,
  { before, at }: { before: Time; at: Time },
): Promise<number> {
  const anchor = await findAnchor(context, before)
  if (anchor === undefined) return 0
  const old = sql`sequence <= ${anchor.sequence}`
  await context.run(sql`delete from audit_addresses where ${old}`)
  const pruned = await context.run(sql`delete from audit where ${old}`)
  await context.run(
    sql`update meta set anchor_sequence = ${anchor.sequence}, anchor_hash = ${anchor.hash}`,
  )
  await appendAudit(context, {
    time: at,
    actor: 'server',
    action: 'audit-prune',
    subject: null,
    source: null,
    outcome: 'done',
    addresses: [],
    detail: { anchor, pruned },
  })
  return pruned
}

/** The last of the oldest entries that are all older than that. */
async function findAnchor(connection: Sql, before: Time): Promise<Link | undefined> {
  const rows = await connection.all(
    sql`select sequence, hash, time from audit order by sequence limit ${portion}`,
  )
  const kept = rows.findIndex((row) => Number(row['time']) >= before)
  const last = rows[(kept === -1 ? rows.length : kept) - 1]
  return last && link(last)
}
