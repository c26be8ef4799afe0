import { expect, test } from 'vitest'
import { authorityOf } from '../../src/pki/holder.ts'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type EndpointName, endpoints } from '../../src/protocol/endpoints.ts'
import { type Handlers, Reply } from '../../src/server/call.ts'
import { ask } from './client.ts'
import {
  enter,
  foreignAuthority,
  makeCertificate,
  makePerson,
  type Rank,
  type Shown,
  subjectOf,
} from './people.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** Who is let in where, said a second time; who is not named there is refused. */
const letIn: Readonly<Record<EndpointName, string>> = {
  join: 'nobody node job hub service',
  report: 'node job',
  leave: 'node job',
  releaseStatement: 'node job hub service',
  releaseFile: 'node job hub service',
  feed: 'hub service',
  hubReport: 'hub service',
  hubSeed: 'hub',
  tokenCreate: 'operator admin',
  tokenList: 'viewer operator admin',
  tokenRevoke: 'operator admin',
  tokenOpen: 'admin',
  nodeList: 'viewer operator admin',
  nodeShow: 'viewer operator admin',
  nodeApprove: 'operator admin',
  nodeRevoke: 'operator admin',
  nodeForget: 'operator admin',
  nodeRefresh: 'operator admin',
  nodeAcceptKey: 'operator admin',
  adminCreate: 'admin',
  adminList: 'viewer operator admin',
  adminRevoke: 'admin',
  releaseAdd: 'admin',
  releaseUpload: 'admin',
  releaseList: 'viewer operator admin',
  audit: 'viewer operator admin',
  auditCheck: 'admin',
  remoteInventory: 'viewer operator admin',
  remoteRuns: 'operator admin',
  siteList: 'viewer operator admin',
  reload: 'admin',
  healthz: 'everybody',
  readyz: 'everybody',
  metrics: 'everybody',
  openapi: 'everybody',
}

const ranks = ['node', 'job', 'hub', 'service', 'viewer', 'operator', 'admin'] as const
const names = Object.keys(endpoints) as EndpointName[]

/** What each answers that lets the caller in: a body is not looked at before that. */
const handlers = Object.fromEntries(
  names.map((name) => [name, async () => new Reply({ status: 200, body: 'in' })]),
) as Handlers

type Kinds = ReadonlyMap<string, Shown | undefined>

/** By kind; of each rank also ones that are no good. */
async function makeKinds(server: TestServer): Promise<Kinds> {
  const kinds = new Map<string, Shown | undefined>([['nobody', undefined]])
  kinds.set('server', await makeCertificate(server, { role: 'server' }))
  for (const rank of ranks) {
    kinds.set(rank, await makePerson(server, rank))
    for (const [how, one] of await spoilt(server, rank)) kinds.set(`${rank} ${how}`, one)
  }
  return kinds
}

const day = 24 * 3600 * 1000

/** Certificates of that rank, each known to the store, that are refused all the same. */
async function spoilt(server: TestServer, rank: Rank): Promise<[string, Shown][]> {
  const of = subjectOf(rank)
  const authority = await foreignAuthority(authorityOf[of.role])
  const made: [string, Shown][] = [
    ['of a foreign authority', await makeCertificate(server, { ...of, authority })],
    ['expired', await makeCertificate(server, { ...of, made: -40 * day })],
    ['early', await makeCertificate(server, { ...of, made: 2 * day })],
    ['revoked', await makeCertificate(server, of)],
  ]
  for (const [how, one] of made) {
    const id = await enter(server, rank, one)
    if (how === 'revoked') await revoke(server, rank, id)
  }
  return [...made, ['unknown', await makeCertificate(server, of)]]
}

async function revoke(server: TestServer, rank: Rank, id: string): Promise<void> {
  await server.server.store.write(async ({ nodes, hosts, admins }) => {
    if (rank === 'node' || rank === 'job') await nodes.update(id, { state: 'revoked' })
    else if (rank === 'hub' || rank === 'service') await hosts.revoke(id, 1)
    else await admins.revoke(id, 1)
  })
}

test('every endpoint is for who it is for, and for nobody else', async () => {
  const server = await startTestServer({ handlers })
  const kinds = await makeKinds(server)
  for (const name of names) {
    const allowed: string[] = []
    for (const [kind, one] of kinds) if ((await call(server, name, one)) === 200) allowed.push(kind)
    const isOpen = letIn[name] === 'everybody'
    expect([name, allowed.join(' ')]).toEqual([
      name,
      isOpen ? [...kinds.keys()].join(' ') : letIn[name],
    ])
  }
})

async function call(
  server: TestServer,
  name: EndpointName,
  one: Shown | undefined,
): Promise<number> {
  const { method, path, listener, request }: Endpoint = endpoints[name]
  const values: Record<string, string> = {
    node: 'aruba-1',
    admin: 'anna',
    token: 'AAAAAAAAAAA',
    version: '1.2.3',
    platform: 'linux-x64',
  }
  const { status, json } = await ask(server, {
    on: listener,
    method,
    path: path.replace(/\{(\w+)\}/g, (_whole, key: string) => values[key] ?? ''),
    shown: one,
    ...(request === 'bytes' && { headers: { 'content-type': 'application/octet-stream' } }),
    ...(typeof request === 'object' && { body: {} }),
  })
  // Whoever is let in is then told what is wrong with the message.
  return json?.code === 'message-malformed' ? 200 : status
}

test('the refusals of certificates are told apart', async () => {
  const server = await startTestServer({ handlers })
  const kinds = new Map(await spoilt(server, 'viewer'))
  const codes = new Map<string, string>()
  for (const how of ['of a foreign authority', 'expired', 'early', 'revoked', 'unknown']) {
    const one = kinds.get(how)
    const { json } = await ask(server, { on: 'admin', path: '/v1/nodes', shown: one })
    codes.set(how, json.code)
  }
  expect(Object.fromEntries(codes)).toEqual({
    'of a foreign authority': 'certificate-refused',
    expired: 'certificate-expired',
    early: 'certificate-early',
    revoked: 'certificate-revoked',
    unknown: 'certificate-revoked',
  })
})
