import { DynfarmError } from '../../errors.ts'
import type { Endpoint } from '../../protocol/endpoint.ts'
import { type AnswerOf, type EndpointName, endpoints } from '../../protocol/endpoints.ts'
import { decodeAnswer } from '../../protocol/messages.ts'
import { KiB } from '../../protocol/size.ts'
import type { Received } from './line.ts'
import { codeOf, readProblem, refusalOf } from './refusal.ts'

/** The answer of an endpoint, checked. */
export async function readAnswer<Name extends EndpointName>(
  name: Name,
  received: Received,
): Promise<AnswerOf<Name>> {
  return (await readAny(name, received)) as AnswerOf<Name>
}

async function readAny(name: EndpointName, received: Received): Promise<unknown> {
  const { answer, answerLimit }: Endpoint = endpoints[name]
  const body = await readWhole(received, answerLimit)
  if (answer === 'bytes') return body
  if (answer === 'text') return readText(body)
  if (answer === undefined) return readNothing(body)
  expectType(received, 'application/json')
  const decoded = decodeAnswer(name, readJson(body))
  if ('value' in decoded) return decoded.value
  const { path, what } = decoded.fault
  throw malformed(`"${path}" ${what}`)
}

const problemLimit = 64 * KiB

/** Throws what a status other than success means. */
export async function expectSuccess(name: EndpointName, received: Received): Promise<void> {
  const { status } = received
  const { status: usual = 200 }: Endpoint = endpoints[name]
  if (status === 200 || status === usual || (status === 206 && name === 'releaseFile')) return
  if (status < 400) {
    const what = status >= 300 ? 'a redirect, and none is followed' : 'not a success that is known'
    throw malformed(`its status ${status} is ${what}`)
  }
  const problem = isType(received, 'application/problem+json')
    ? readProblem(readJson(await readWhole(received, problemLimit)))
    : undefined
  if (problem !== undefined) throw refusalOf(problem)
  throw new DynfarmError(codeOf(status), `the server refuses, with status ${status}`, {
    details: { status },
  })
}

/** What is sent encoded, though nothing but identity was asked for, is not unpacked. */
async function readWhole({ headers, body }: Received, limit: number): Promise<Buffer> {
  const encoding = headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw malformed('it is encoded, which nobody asked for')
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLong(limit)
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > limit) throw tooLong(limit)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function expectType(received: Received, type: string): void {
  if (!isType(received, type)) throw malformed(`its content is not of type ${type}`)
}

function isType({ headers }: Received, type: string): boolean {
  return `${headers['content-type'] ?? ''}`.split(';')[0]?.trim().toLowerCase() === type
}

function readNothing(body: Buffer): undefined {
  if (body.length > 0) throw malformed('it has a body where there should be none')
}

function readJson(body: Buffer): unknown {
  try {
    return JSON.parse(readText(body))
  } catch (error) {
    if (error instanceof DynfarmError) throw error
    throw malformed('it is not JSON')
  }
}

function readText(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    throw malformed('it is not UTF-8')
  }
}

function tooLong(limit: number): DynfarmError {
  return malformed(`it has more than ${limit} bytes`)
}

export function malformed(why: string): DynfarmError {
  return new DynfarmError('message-malformed', `the answer of the server cannot be used: ${why}`)
}
