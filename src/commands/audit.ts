import { askServer } from '../client/admin/ask.ts'
import { auditQuery, followAudit } from '../client/admin/audit.ts'
import { type AuditLine, cleanAuditLine, renderAuditLine } from '../client/admin/audit-text.ts'
import { DynfarmError } from '../errors.ts'
import { type CommandSpec, type Context, type Input, type Result, textOption } from './command.ts'

export const spec: CommandSpec = {
  about:
    'One line an entry, the oldest first. A TIME is 2026-03-01T12:00Z (without zone: here), 10:30 or -2h.',
  options: [
    ['--follow', 'the last ten, then each as it comes; a server that restarts is waited for'],
    ['--address <address>', 'what concerns this address, inner or outer'],
    ['--at <time>', 'with --address: who had it at this time'],
    ['--port <port>', 'with --at: of an outer address that many share'],
    ['--node <node>', 'what concerns the nodes of this name'],
    ['--limit <n>', 'so many of the newest (default: 1000)'],
    ['--verify', 'whether any entry was changed or taken out since it was written'],
  ],
  examples: [
    ['dynfarm audit --follow', 'live'],
    ['dynfarm audit --address 10.200.1.7 --at 2026-03-01T12:00Z', 'who was this then'],
    ['dynfarm audit --node aruba-7 --json', 'one line an entry, for programs'],
  ],
  exits: [[71, 'with --verify: entries are not as they were written'], 75, 77],
  run: ({ options }, context) => viewOf(options)(options, context),
}

type View = (options: Input['options'], context: Context) => Promise<Result>

function viewOf({ follow, at, verify, ...others }: Input['options']): View {
  const filters = ['address', 'port', 'node', 'limit'].filter((name) => others[name] !== undefined)
  if (verify && (follow || at || filters.length > 0))
    throw new DynfarmError('usage', '--verify goes with no other option')
  if (follow && at) throw new DynfarmError('usage', '--follow and --at do not go together')
  if (verify) return viewCheck
  return follow ? viewFollowing : viewLines
}

async function viewLines(options: Input['options'], context: Context): Promise<Result> {
  const answer = await askServer(context, 'audit', { query: queryOf(options) })
  const lines = answer.lines.map(cleanAuditLine)
  return { text: lines.map(renderAuditLine).join(''), json: { lines }, records: lines }
}

function viewFollowing(options: Input['options'], context: Context): Promise<Result> {
  const render = context.asJson ? renderRecord : renderAuditLine
  return followAudit(
    { limit: '10', ...queryOf(options) },
    {
      ...context,
      signal: context.onInterrupt(),
      onLines: (lines) => context.log.data(lines.map(render).join('')),
    },
  )
}

function renderRecord(line: AuditLine): string {
  return `${JSON.stringify(line)}\n`
}

async function viewCheck(_: Input['options'], context: Context): Promise<Result> {
  const json = await askServer(context, 'auditCheck', {})
  const { outcome, sequence, hash } = json
  const text = `${sequence} ${hash}\n`
  if (outcome === 'whole') return { text, json, remark: `all entries up to ${sequence} are whole` }
  return { text, json, remark: `the entries after ${sequence} are not as written`, exit: 71 }
}

function queryOf(options: Input['options']): ReturnType<typeof auditQuery> {
  const text = (name: string) => textOption(options, name)
  return auditQuery(
    {
      ...{ address: text('address'), port: text('port'), at: text('at') },
      ...{ node: text('node'), limit: text('limit') },
    },
    new Date(),
  )
}
