import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { DynfarmError } from '../../errors.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import { strictly } from '../requests/exchange.ts'
import { describeFault } from '../requests/fault.ts'

type Identity = RequestOf<'join'>['identity']

/** What Amazon signed for an instance, and which one it says it is. */
export type Proved = Required<Pick<Identity, 'instanceId' | 'proof'>>

export interface Asked {
  signal?: AbortSignal | undefined
  /** Of every EC2 instance, when absent. */
  at?: { host: string; port: number }
}

const paths = {
  session: '/latest/api/token',
  document: '/latest/dynamic/instance-identity/document',
  signature: '/latest/dynamic/instance-identity/signature',
} as const

/** By a session (IMDSv2), straight from the link of this machine: nothing of its settings, no proxy above all, is heeded. */
export async function fetchEc2Proof({ signal, at = metadata }: Asked = {}): Promise<Proved> {
  const asking = { ...at, signal }
  const life = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' }
  const session = await ask({ ...asking, method: 'PUT', path: paths.session, headers: life })
  const headers = { 'x-aws-ec2-metadata-token': session.trim() }
  const document = await ask({ ...asking, path: paths.document, headers })
  const signature = await ask({ ...asking, path: paths.signature, headers })
  const instanceId = instanceIn(document)
  if (instanceId === undefined) throw strange(paths.document)
  if (!/^[A-Za-z0-9+/=\n]+$/.test(signature)) throw strange(paths.signature)
  return { instanceId, proof: { kind: 'ec2', document, signature } }
}

const metadata = { host: '169.254.169.254', port: 80 }
/** It is the instance's own host that answers, within milliseconds. */
const answerMs = 2000
/** As much as the server takes. */
const mostBytes = 4096

interface Asking {
  host: string
  port: number
  path: string
  headers: Record<string, string>
  method?: 'PUT'
  signal: AbortSignal | undefined
}

async function ask({ signal: given, ...where }: Asking): Promise<string> {
  const limit = AbortSignal.timeout(answerMs)
  const signal = given === undefined ? limit : AbortSignal.any([given, limit])
  try {
    return await answerTo({ ...where, signal })
  } catch (error) {
    given?.throwIfAborted()
    if (error instanceof DynfarmError) throw error
    const why = limit.aborted ? `no answer within ${answerMs / 1000} s` : describeFault(error)
    if (why === undefined) throw error
    throw new DynfarmError('metadata-silent', `${nameOf(where)} cannot be asked: ${why}`)
  }
}

async function answerTo(asking: Asking): Promise<string> {
  const sent = request({ ...strictly, ...asking, agent: false })
  const [answer] = (await once(sent.end(), 'response')) as [IncomingMessage]
  // What breaks from here on is told by the answer.
  sent.on('error', () => {})
  const { statusCode = 0 } = answer
  if (statusCode === 200) return await textOf(answer, asking.path)
  answer.destroy()
  const message = `${nameOf(asking)} answers ${statusCode} to "${asking.path}"`
  const isLater = statusCode === 429 || statusCode >= 500
  throw new DynfarmError(isLater ? 'metadata-silent' : 'metadata-refused', message)
}

async function textOf(answer: IncomingMessage, path: string): Promise<string> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece)
    length += piece.length
    if (length > mostBytes) throw strange(path)
  }
  return Buffer.concat(pieces).toString()
}

function instanceIn(document: string): string | undefined {
  try {
    const { instanceId } = Object(JSON.parse(document))
    return /^[A-Za-z0-9-]{1,64}$/.test(`${instanceId}`) ? instanceId : undefined
  } catch {
    return undefined
  }
}

function nameOf({ host }: Pick<Asking, 'host'>): string {
  return `the metadata service at ${host}`
}

function strange(path: string): DynfarmError {
  const message = `the metadata service gives something else than "${path}" is on EC2`
  return new DynfarmError('metadata-refused', message)
}
