import { DynfarmError, type ErrorCode, type ExitCode } from '../../errors.ts'
import { decode } from '../../protocol/decode.ts'
import { type AnswerOf, pathParameters } from '../../protocol/endpoints.ts'
import type { Client } from '../requests.ts'
import { type AdminContext, openAccess } from './access.ts'

export interface NodeAct {
  /** On one node. */
  ask(client: Client, node: string): Promise<AnswerOf<'nodeForget'>>
  /** What is said of the nodes that were changed: `revoked`. */
  done: string
  /** Of those that were not, where there can be any: `was revoked before`. */
  before?: string
}

interface Failure {
  node: string
  code: ErrorCode
  message: string
  exit: ExitCode
}

export interface ActResult {
  text: string
  json: unknown
  remark: string
  exit: ExitCode
}

/** Does it to one node after the other. What one refuses does not keep it from the others. */
export async function actOnNodes(
  nodes: readonly string[],
  act: NodeAct,
  context: AdminContext,
): Promise<ActResult> {
  for (const node of nodes) checkName(node)
  const { client } = await openAccess(context)
  try {
    return describe(await actOnAll(new Set(nodes), { act, client }), act)
  } finally {
    client.close()
  }
}

function checkName(node: string): void {
  const decoded = decode(pathParameters.node, node)
  if ('fault' in decoded) throw new DynfarmError('usage', `"${node}" ${decoded.fault.what}`)
}

interface Outcome {
  changed: string[]
  unchanged: string[]
  failed: Failure[]
}

async function actOnAll(
  nodes: ReadonlySet<string>,
  { act, client }: { act: NodeAct; client: Client },
): Promise<Outcome> {
  const outcome: Outcome = { changed: [], unchanged: [], failed: [] }
  for (const node of nodes) {
    try {
      const { changed } = await act.ask(client, node)
      outcome.changed.push(...changed)
      if (changed.length === 0) outcome.unchanged.push(node)
    } catch (error) {
      if (!(error instanceof DynfarmError)) throw error
      if (nodes.size === 1) throw error
      const { code, message, exit } = error
      outcome.failed.push({ node, code, message, exit })
      if (endsAll.has(code)) break
    }
  }
  return outcome
}

/** There is no use in asking the same of the next one. */
const endsAll: ReadonlySet<ErrorCode> = new Set([
  'interrupted',
  'server-not-running',
  'server-unreachable',
  'server-not-trusted',
  'server-busy',
  'answer-lost',
  'clock-wrong',
  'certificate-refused',
  'certificate-expired',
  'certificate-revoked',
])

function describe(
  { changed, unchanged, failed }: Outcome,
  { done, before = 'is as it was' }: NodeAct,
): ActResult {
  const said = [
    ...(changed.length === 0 ? [] : [`${done} ${changed.map(quoted).join(', ')}`]),
    ...unchanged.map((node) => `${quoted(node)} ${before}`),
    ...failed.map(({ node, message }) => `${quoted(node)} failed: ${message}`),
  ]
  return {
    text: changed.map((node) => `${node}\n`).join(''),
    json: { changed, unchanged, failed: failed.map(({ exit: _, ...failure }) => failure) },
    remark: said.join('\n  '),
    exit: failed[0]?.exit ?? 0,
  }
}

function quoted(text: string): string {
  return `"${text}"`
}
