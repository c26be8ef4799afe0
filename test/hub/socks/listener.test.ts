import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { nothingKnown, takeFeed } from '../../../src/hub/known.ts'
import { openSocksEnd, type SocksEnd } from '../../../src/hub/socks/listener.ts'
import { publicKeyOf } from '../../../src/pki/public-key.ts'
import { findHub, type SocksHub } from '../../../src/run/socks/edge/hub-stream.ts'
import { freePort } from '../../fakes/port.ts'
import {
  type Authorities,
  createAuthorities,
  createPerson,
  day,
  type Person,
} from '../../pki/people.ts'
import { makeHub } from '../acting.ts'
import { config, feed, feedNode } from '../records.ts'

/** Both ends as they are, over TLS on the loopback, before a service that gives back what it is sent. */
const now = new Date()
let authorities: Authorities
let hubPerson: Person
let job: Person
let echo: Server
let echoPort: number
let hub: ReturnType<typeof makeHub>['hub']
let end: SocksEnd
let port: number

beforeAll(async () => {
  authorities = await createAuthorities(now)
  hubPerson = await createPerson(authorities, { role: 'hub', now })
  job = await createPerson(authorities, { role: 'job', now })
  echo = createServer({ allowHalfOpen: true }, (socket) => void socket.pipe(socket))
  echoPort = await listen(echo)
  port = await freePort()
})

afterAll(() => {
  end?.close()
  echo?.close()
})

beforeEach(async () => {
  end?.close()
  hub = makeHub(nothingKnown).hub
  const { certificate, key } = hubPerson
  const nodeAuthority = authorities.node.certificate
  Object.assign(hub.identity, { certificate, key, nodeAuthority })
  await tell({})
  end = openSocksEnd(hub)
  end.follow()
})

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' ? (address?.port ?? 0) : 0
}

async function tell(node: Partial<ReturnType<typeof feedNode>>, rules: object = {}): Promise<void> {
  const [own, ...others] = config.hubs
  const [ce, ...rest] = config.services
  const [site] = config.sites
  if (own === undefined || ce === undefined || site === undefined) throw new Error('no config')
  const told = {
    ...config,
    hubs: [{ ...own, socks: port }, ...others],
    services: [
      { ...ce, addresses: ['127.0.0.1'], 'from-nodes': [`tcp/${echoPort}`, 'icmp'] },
      ...rest,
    ],
    sites: [{ ...site, ...rules }],
  }
  const nodes = [feedNode(1, { role: 'job', certificate: job.id, ...node })]
  await hub.learn(() => takeFeed(nothingKnown, feed({ nodes, config: told })))
}

async function come(who: Pick<Person, 'certificate' | 'key'>, as = hubPerson): Promise<SocksHub> {
  const one = { name: 'hub1', inner: [], certificate: as.certificate, wireguard: null }
  const hubs = [{ ...one, socks: { addresses: ['127.0.0.1'], port } }]
  const answer = { hubs, certificate: who.certificate }
  const identity = { answer, secrets: { key: who.key }, proxy: undefined }
  return await findHub(identity as never, new AbortController().signal)
}

async function stream(from: SocksHub): Promise<TLSSocket> {
  const opened = await from.open({ address: '127.0.0.1', port: echoPort })
  if (typeof opened === 'number') throw new Error(`refused by ${opened}`)
  return opened
}

/** What the hub shows to somebody who comes now. */
async function shown(): Promise<string | undefined> {
  const { certificate: cert, key } = job
  const tls = connect({ port, host: '127.0.0.1', cert, key, rejectUnauthorized: false })
  await once(tls, 'secureConnect')
  const certificate = tls.getPeerX509Certificate()?.toString()
  tls.destroy()
  return certificate
}

test('a certificate that was renewed is shown to who comes, and streams that stand go on', async () => {
  const before = await stream(await come(job))
  const { id, key } = hubPerson
  const wanted = { role: 'hub', now, id, publicKey: publicKeyOf(key), lifeMs: 60 * day } as const
  const { certificate } = await createPerson(authorities, wanted)
  hub.become({ ...hub.identity, certificate })
  end.follow()
  const after = await stream(await come(job))
  expect(await shown()).toBe(certificate)
  for (const one of [before, after]) {
    one.end('still here')
    expect(await text(one)).toBe('still here')
  }
})

test('a stream is carried whole both ways, each end closed by itself', async () => {
  const carried = await stream(await come(job))
  const sent = 'x'.repeat(3_000_000)
  carried.end(sent)
  expect(await text(carried)).toBe(sent)
  expect(hub.streamHealth()).toMatchObject([
    { node: 'n1', state: 'up', rung: 'socks', rx: 3_000_000, tx: 3_000_000 },
  ])
})

test('nothing but the list is reached', async () => {
  const from = await come(job)
  expect(await from.open({ address: '127.0.0.1', port: port })).toBe(2)
  expect(await from.open({ address: '127.0.0.2', port: echoPort })).toBe(2)
  await tell({}, { services: [] })
  expect(await from.open({ address: '127.0.0.1', port: echoPort })).toBe(2)
})

test('one node has no more streams than its site gives it', async () => {
  await tell({}, { connections: 1 })
  const from = await come(job)
  const first = await stream(from)
  expect(await from.open({ address: '127.0.0.1', port: echoPort })).toBe(2)
  first.destroy()
})

test.each([
  ['of a machine', () => createPerson(authorities, { role: 'node', now })],
  ['of an administrator', () => createPerson(authorities, { role: 'admin', now })],
  [
    'of another centre',
    async () => createPerson(await createAuthorities(now), { role: 'job', now }),
  ],
  ['of a job that nobody told of', () => createPerson(authorities, { role: 'job', now })],
])('a certificate %s is not let in', async (_, make) => {
  const other = await make()
  if (other.role !== 'job') await tell({ certificate: other.id })
  await expect(come(other)).rejects.toThrow('no hub takes this job')
})

test('a hub with another key than the server told is not believed', async () => {
  const other = await createPerson(authorities, { role: 'hub', now })
  await expect(come(job, other)).rejects.toThrow('what answers is not this hub')
})

test.each(['revoked', 'quarantined'] as const)('who is %s loses its streams', async (state) => {
  const from = await come(job)
  const carried = await stream(from)
  carried.resume()
  await tell({ state })
  end.follow()
  await once(carried, 'end')
  expect(await from.open({ address: '127.0.0.1', port: echoPort })).not.toBe(0)
  const again = await from.open({ address: '127.0.0.1', port: echoPort })
  expect(typeof again).toBe('number')
})
