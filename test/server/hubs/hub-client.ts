import { randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { createCertificateId } from '../../../src/pki/holder.ts'
import {
  type AnswerOf,
  type EndpointName,
  endpoints,
  type QueryOf,
  type RequestOf,
} from '../../../src/protocol/endpoints.ts'
import { decodeAnswer } from '../../../src/protocol/messages.ts'
import type { HostRole, NodeRecord } from '../../../src/protocol/records.ts'
import type { Tx } from '../../../src/store/tx.ts'
import { createPerson, type Person } from '../../pki/people.ts'
import { makeHost, makeNode } from '../../store/records.ts'
import type { TestServer } from '../test-server.ts'

/** A host of the centre, as the server sees it: over TLS, with its certificate. */
export interface HostClient {
  readonly id: string
  readonly name: string
  feed(query?: QueryOf<'feed'>): Promise<AnswerOf<'feed'>>
  report(body: Partial<RequestOf<'hubReport'>>): Promise<AnswerOf<'hubReport'>>
  seed(body: RequestOf<'hubSeed'>): Promise<AnswerOf<'hubSeed'>>
  /** Whatever the body is. */
  send(endpoint: EndpointName, body: unknown): Promise<RawAnswer>
  /** The same host at another server. */
  at(server: TestServer): HostClient
}

export interface RawAnswer {
  status: number
  body: unknown
}

/** Enrols a host by the store's own hand. */
export async function enrolHost(
  server: TestServer,
  { role = 'hub', name }: { role?: HostRole; name: string },
): Promise<HostClient> {
  const person = await createPerson(server.keys.authorities, { role, name, now: new Date() })
  const id = `${name}-${person.id.slice(0, 6)}`
  const host = makeHost({ id, role, name, certificate: person.id, wireguardKey: wireguardKey() })
  await server.server.store.write((tx) => tx.hosts.insert(host))
  return clientOf(server, { id, name, person })
}

interface Identity {
  id: string
  name: string
  person: Person
}

function clientOf(server: TestServer, identity: Identity): HostClient {
  const { id, name, person } = identity
  const good = async <Name extends EndpointName>(
    endpoint: Name,
    how: { query?: object | undefined; body?: unknown },
  ): Promise<AnswerOf<Name>> => {
    const { status, body } = await ask(server, person, { endpoint, ...how })
    if (status !== 200) throw Object.assign(new Error(JSON.stringify(body)), { body })
    const decoded = decodeAnswer(endpoint, body)
    if ('fault' in decoded) throw new Error(`${decoded.fault.path} ${decoded.fault.what}`)
    return decoded.value
  }
  return {
    id,
    name,
    feed: (query) => good('feed', { query }),
    report: (body) => good('hubReport', { body: { time: Date.now(), ...body } }),
    seed: (body) => good('hubSeed', { body }),
    send: (endpoint, body) => ask(server, person, { endpoint, body }),
    at: (other) => clientOf(other, identity),
  }
}

interface Asked {
  endpoint: EndpointName
  query?: object | undefined
  body?: unknown
}

function ask(server: TestServer, person: Person, asked: Asked): Promise<RawAnswer> {
  const { method, path } = endpoints[asked.endpoint]
  const text = asked.body === undefined ? undefined : JSON.stringify(asked.body)
  return new Promise((resolve, reject) => {
    const sent = request({
      agent: false,
      host: '127.0.0.1',
      port: Number(server.join.split(':').at(-1)),
      ca: server.keys.authorities.server.certificate,
      cert: person.certificate,
      key: person.key,
      method,
      path: `${path}?${new URLSearchParams({ ...asked.query })}`.replace(/\?$/, ''),
      headers: text === undefined ? {} : { 'content-type': 'application/json' },
    })
    sent.on('error', reject).on('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (part) => {
        body += part
      })
      response.on('error', reject).on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: JSON.parse(body) })
      })
    })
    sent.end(text)
  })
}

type NewNode = Parameters<Tx['nodes']['insert']>[0]

/** A node as enrolment would make it: what it has is well-formed, and its own. */
export function newNode(node: Partial<NewNode> & { slot: number }): NewNode {
  return makeNode({
    id: randomBytes(8).toString('hex'),
    certificate: createCertificateId(),
    publicKey: randomBytes(32).toString('hex'),
    wireguardKey: wireguardKey(),
    sshHostKeys: [],
    class: null,
    state: 'ready',
    ...node,
  })
}

export async function addNode(
  server: TestServer,
  node: Partial<NewNode> & { slot: number },
): Promise<NodeRecord> {
  const made = newNode(node)
  return server.server.store.write(async ({ nodes }) => {
    await nodes.insert(made)
    const record = await nodes.byId(made.id)
    if (record === undefined) throw new Error('a node that was inserted is not there')
    return record
  })
}

function wireguardKey(): string {
  const bytes = randomBytes(32)
  bytes.writeUInt8(bytes.readUInt8(31) & 0x3f, 31)
  return bytes.toString('base64')
}
