import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { request } from 'node:https'
import { expect } from 'vitest'
import { createCsr, createKey } from '../../src/pki/csr.ts'
import { createToken, hashSecret, renderToken } from '../../src/pki/token.ts'
import type { AnswerOf, EndpointName, RequestOf } from '../../src/protocol/endpoints.ts'
import { decodeAnswer } from '../../src/protocol/messages.ts'
import type { Tx } from '../../src/store/tx.ts'
import type { TestServer } from './test-server.ts'

type Request = RequestOf<'join'>

/** What a machine has of its own: the keys that it made, and the certificate that it was given. */
export interface Machine {
  readonly key: string
  readonly request: Request
  readonly certificate?: string
}

export async function makeMachine(over: Partial<Request> = {}): Promise<Machine> {
  const key = await createKey()
  return {
    key,
    request: {
      version: '0.1.0',
      platform: 'linux-x64',
      kind: 'machine',
      facts: { hostname: 'vm-1' },
      identity: { machineId: randomBytes(16).toString('hex') },
      keys: {
        csr: createCsr(key).toString('base64'),
        wireguard: wireguardKey(),
        sshHostKeys: [sshKey()],
      },
      ...over,
    },
  }
}

export function wireguardKey(): string {
  const { publicKey } = generateKeyPairSync('x25519')
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64')
}

export function sshKey(): string {
  const blob = Buffer.concat([part(Buffer.from('ssh-ed25519')), part(randomBytes(32))])
  return `ssh-ed25519 ${blob.toString('base64')}`
}

function part(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
  readonly body: any
}

type Where = Pick<TestServer, 'join' | 'admin' | 'keys'>

interface Asking {
  readonly method?: string
  readonly path: string
  readonly body?: object
  readonly as?: Pick<Machine, 'key' | 'certificate'>
  /** Loopback has many addresses. */
  readonly from?: string
  readonly listener?: 'join' | 'admin'
}

/** One request over TLS, on a connection of its own. */
export function ask(server: Where, asking: Asking): Promise<Answer> {
  const { method = 'POST', path, body, as, from, listener = 'join' } = asking
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: Number(server[listener].split(':').at(-1)),
        ca: server.keys.authorities.server.certificate,
        method,
        path,
        agent: false,
        ...(from && { localAddress: from }),
        ...(as?.certificate && { cert: as.certificate, key: as.key }),
        ...(body && { headers: { 'content-type': 'application/json' } }),
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text === '' ? undefined : JSON.parse(text),
          }),
        )
        response.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end(body && JSON.stringify(body))
  })
}

interface Joining extends Partial<Asking> {
  readonly token?: string
}

export function tryJoin(
  server: Where,
  { request, ...as }: Machine,
  joining: Joining = {},
): Promise<Answer> {
  const { token, ...asking } = joining
  const body = { ...request, ...(token !== undefined && { token }) }
  return ask(server, { path: '/v1/join', body, as, ...asking })
}

export type Joined = AnswerOf<'join'> & { node: NonNullable<AnswerOf<'join'>['node']> }

/** The machine with its certificate, and all it was told. */
export async function join(
  server: Where,
  machine: Machine,
  joining: Joining = {},
): Promise<{ machine: Machine & { certificate: string }; answer: Joined }> {
  const { status, body } = await tryJoin(server, machine, joining)
  expect({ status, body }).toMatchObject({ status: 200 })
  const answer = good('join', body) as Joined
  return { machine: { ...machine, certificate: answer.certificate }, answer }
}

export function good<Name extends EndpointName>(name: Name, body: unknown): AnswerOf<Name> {
  const decoded = decodeAnswer(name, body)
  if ('fault' in decoded) throw new Error(JSON.stringify(decoded.fault))
  expect(decoded.value).toEqual(body)
  return decoded.value
}

export async function tryReport(server: Where, machine: Machine, body: object): Promise<Answer> {
  return ask(server, {
    path: '/v1/nodes/self/report',
    as: machine,
    body: { version: '0.1.0', ...body },
  })
}

export const leave = (server: Where, machine: Machine): Promise<Answer> =>
  ask(server, { method: 'DELETE', path: '/v1/nodes/self', as: machine })

type NewToken = Parameters<Tx['tokens']['insert']>[0]

/** A token, as an administrator would make it. */
export async function giveToken(
  { server }: Pick<TestServer, 'server'>,
  over: Partial<NewToken> = {},
): Promise<string> {
  const token = createToken(Buffer.from(server.keys.pin, 'hex'))
  await server.store.write(({ tokens }) =>
    tokens.insert({
      id: token.id,
      secretHash: hashSecret(token.secret),
      role: 'node',
      site: 'aruba',
      class: null,
      name: null,
      uses: 100,
      expires: server.now() + 3_600_000,
      sources: [],
      slot: null,
      created: server.now(),
      createdBy: 'anna',
      ...over,
    }),
  )
  return renderToken(token)
}

/** A hub, without which no machine can join. */
export async function enrolHub(
  server: TestServer,
  name = 'hub1',
): Promise<Machine & { certificate: string }> {
  const token = await giveToken(server, { role: 'hub', name, site: null, uses: 1 })
  const machine = await makeMachine()
  const { status, body } = await tryJoin(server, machine, { token })
  expect({ status, body }).toMatchObject({ status: 200 })
  return { ...machine, certificate: good('join', body).certificate }
}
