import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { request as requestTls } from 'node:https'
import type { Readable } from 'node:stream'
import { createKey } from '../../src/pki/csr.ts'
import { issueCertificate } from '../../src/pki/issue.ts'
import { publicKeyOf } from '../../src/pki/public-key.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import {
  type AnswerOf,
  type EndpointName,
  endpoints,
  type RequestOf,
} from '../../src/protocol/endpoints.ts'
import { decodeAnswer } from '../../src/protocol/messages.ts'
import type { ProblemBody } from '../../src/protocol/problems.ts'
import { makeHost } from '../store/records.ts'
import { knownNode } from './known-node.ts'
import type { TestServer } from './test-server.ts'

export interface Request<Name extends EndpointName> {
  params?: Record<string, string>
  query?: Record<string, string>
  body?: RequestOf<Name>
  bytes?: Buffer | Readable
  headers?: Record<string, string>
  signal?: AbortSignal
}

export interface Answered<Name extends EndpointName> {
  status: number
  headers: IncomingMessage['headers']
  bytes: Buffer
  /** Of JSON, as a client reads it: one that its schema does not describe fails the test. */
  answer: AnswerOf<Name>
  /** Of a refusal. */
  problem: ProblemBody
}

/** Somebody who asks the server: by their certificate, or on its socket. */
export type Asker = <Name extends EndpointName>(
  name: Name,
  request?: Request<Name>,
) => Promise<Answered<Name>>

export function rootOf({ socket }: TestServer): Asker {
  return askerOf((options) => request({ ...options, socketPath: socket }))
}

type Rank = 'viewer' | 'operator' | 'admin'

/** An administrator with a certificate, known to the store. */
export async function personOf(
  server: TestServer,
  person: { name: string; rank: Rank; site?: string },
): Promise<Asker> {
  const { name, rank, site = null } = person
  const held = await certificateOf(server, { role: 'admin', name })
  await server.server.store.write(({ admins }) =>
    admins.insert({
      ...{ id: name, name, role: rank, site, certificate: held.id },
      ...{ created: 1, createdBy: 'test' },
    }),
  )
  return tlsAsker(server, server.admin, held)
}

export async function nodeOf(server: TestServer, slot: number): Promise<Asker> {
  const name = `aruba-${slot}`
  const held = await certificateOf(server, { role: 'node', name, site: 'aruba' })
  await server.server.store.write(({ nodes }) =>
    nodes.insert(knownNode(slot, { id: name, certificate: held.id })),
  )
  return tlsAsker(server, server.join, held)
}

export async function hubOf(server: TestServer, name: string): Promise<Asker> {
  const held = await certificateOf(server, { role: 'hub', name })
  await server.server.store.write(({ hosts }) =>
    hosts.insert(makeHost({ id: name, name, certificate: held.id })),
  )
  return tlsAsker(server, server.join, held)
}

export function tlsAsker(
  { keys }: Pick<TestServer, 'keys'>,
  at: string,
  { certificate, key }: { certificate: string; key: string },
): Asker {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(at) ?? []
  const tls = { host, port, cert: certificate, key, ca: keys.authorities.server.certificate }
  return askerOf((options) => requestTls({ ...options, ...tls }))
}

async function certificateOf(
  { server: { keys, now } }: TestServer,
  wanted: { role: 'admin' | 'node' | 'hub'; name: string; site?: string },
) {
  const key = await createKey()
  const issued = await issueCertificate(keys.authorities[wanted.role].issuer, {
    ...wanted,
    publicKey: publicKeyOf(key),
    now: new Date(now()),
    lifeMs: 24 * 3600 * 1000,
  })
  return { ...issued, key }
}

type Send = (options: object) => ClientRequest

function askerOf(send: Send): Asker {
  return async (name, wanted = {}) => {
    const { method, path }: Endpoint = endpoints[name]
    const { params = {}, query, body, bytes, headers = {}, signal } = wanted
    const filled = path.replace(/\{(\w+)\}/g, (_, part) => encodeURIComponent(params[part] ?? ''))
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
    const type = bytes === undefined ? 'application/json' : 'application/octet-stream'
    const isSent = bytes !== undefined || body !== undefined
    const asked = send({
      agent: false,
      method,
      path: `${filled}${search}`,
      headers: { ...(isSent && { 'content-type': type }), ...headers },
      signal,
    })
    return answered(name, await exchange(asked, bytes ?? (body && JSON.stringify(body))))
  }
}

type Raw = Pick<Answered<'healthz'>, 'status' | 'headers' | 'bytes'>

function exchange(
  asked: ClientRequest,
  body: Buffer | Readable | string | undefined,
): Promise<Raw> {
  return new Promise((resolve, reject) => {
    let isAnswered = false
    asked.on('error', (error) => (isAnswered ? undefined : reject(error)))
    asked.on('response', (response) => {
      isAnswered = true
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk)).on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, bytes: Buffer.concat(chunks) })
      })
    })
    if (typeof body === 'object' && 'pipe' in body) body.pipe(asked)
    else asked.end(body)
  })
}

function answered<Name extends EndpointName>(name: Name, raw: Raw): Answered<Name> {
  const type = raw.headers['content-type'] ?? ''
  const json = type.includes('json') ? JSON.parse(raw.bytes.toString()) : undefined
  if (raw.status >= 400) return { ...raw, problem: json, answer: undefined as AnswerOf<Name> }
  const problem = {} as ProblemBody
  if (!type.startsWith('application/json')) return { ...raw, problem, answer: json }
  const decoded = decodeAnswer(name, json)
  if ('fault' in decoded) throw new Error(`${name}: ${JSON.stringify(decoded.fault)}`)
  return { ...raw, problem, answer: decoded.value }
}
