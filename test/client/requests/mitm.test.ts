import { describe, expect, it } from 'vitest'
import { downloadRelease } from '../../../src/client/download.ts'
import { createIdentity, enrol } from '../../../src/client/enrol.ts'
import { type Client, openClient } from '../../../src/client/requests.ts'
import { createReleaseKey } from '../../../src/pki/release-key.ts'
import { createToken, renderToken } from '../../../src/pki/token.ts'
import { createAuthorities, createPerson, day } from '../../pki/people.ts'
import { forge } from './forge.ts'
import {
  authorities,
  now,
  people,
  pin,
  recordTypes,
  right,
  type Shown,
  startTap,
  startTls,
} from './servers.ts'

const others = await createAuthorities(now)
const other = await createPerson(others, { role: 'server', now })
const elsewhere = await createPerson(authorities, {
  role: 'server',
  now,
  urls: ['https://hub1.example.org', 'https://127.0.0.2', 'https://localhost'],
})
const authoritySubject = 'O=example, OU=server, CN=example server CA'
const id = `${'4'.repeat(31)}a`
const own = (role: string) => `O=example, OU=${role}, 2.5.4.41=server, CN=${id}`
const byOurs = { issuer: authoritySubject, signer: authorities.server.key, serial: id }
const { certificate: ours } = authorities.server

const otherSigner = await forge({
  subject: own('server'),
  issuer: authoritySubject,
  signer: others.server.key,
  serial: id,
})
const selfSigned = await forge({ subject: own('server'), serial: id })
const asClient = await forge({ ...byOurs, subject: own('server'), usages: ['1.3.6.1.5.5.7.3.2'] })
const unused = await forge({ ...byOurs, subject: own('server'), usages: [] })
const asNode = await forge({
  ...byOurs,
  subject: `O=example, OU=node, L=aruba, 2.5.4.41=aruba-7, CN=${id}`,
})
const asHub = await forge({ ...byOurs, subject: own('hub') })
const asAuthority = await forge({ ...byOurs, subject: own('server'), ca: true })
const middle = await forge({ ...byOurs, subject: 'CN=middle', ca: true })
const behindMiddle = await forge({
  subject: own('server'),
  issuer: 'CN=middle',
  signer: middle.key,
  serial: id,
})

const show = (
  { key, certificate }: { key: string; certificate: string },
  ...more: string[]
): Shown => ({
  key,
  chain: [certificate, ...more].join(''),
})

const impostors: Record<string, Shown> = {
  'another authority of the same names': show(other, others.server.certificate),
  'the same, with the right authority beside it': show(other, others.server.certificate, ours),
  'its own certificate alone': show(other),
  'the right name of issuer, signed by another': show(otherSigner, ours),
  'a self-signed one before the right authority': show(selfSigned, ours),
  "a hub's certificate": show(people.hub, authorities.hub.certificate, ours),
  "a service host's certificate": show(people.service, authorities.hub.certificate, ours),
  "a node's certificate": show(people.node, authorities.node.certificate, ours),
  "an administrator's certificate": show(people.admin, authorities.admin.certificate, ours),
  'a certificate for other names and addresses': show(elsewhere, ours),
  'a certificate for clients from the right authority': show(asClient, ours),
  'a certificate for no use at all': show(unused, ours),
  'the role of a node from the right authority': show(asNode, ours),
  'the role of a hub from the right authority': show(asHub, ours),
  'an authority as a server': show(asAuthority, ours),
  'an authority between': show(behindMiddle, middle.certificate, ours),
}

const calls: Record<string, (client: Client) => Promise<unknown>> = {
  join: async (client) =>
    enrol(client, {
      kind: 'machine',
      version: '0.1.0',
      platform: 'linux-x64',
      facts: { hostname: 'x' },
      identity: {},
      secrets: await createIdentity(),
      sshHostKeys: [],
      token: renderToken(createToken(Buffer.from(pin, 'hex'))),
    }),
  report: (client) => client.request('report', { body: { state: 'ready', version: '0.1.0' } }),
  release: (client) =>
    downloadRelease(client, {
      expected: {
        ...{ key: createReleaseKey().public, centre: 'example', platform: 'linux-x64' },
        ...{ version: '0.2.0', running: '0.1.0', now },
      },
      into: { append: async () => {}, truncate: async () => {} },
    }),
}

describe.each(Object.entries(impostors))('who shows %s', (_, shown) => {
  it.each(Object.entries(calls))('gets nothing of a %s', async (_call, call) => {
    expect(await deceive({ shown }, call)).toMatchObject({ code: 'server-not-trusted', exit: 77 })
  })
})

it.each([
  ['ended', -30 * day, /ended .*, \d+ days earlier$/],
  ['has not begun', 30 * day, /begins .*, \d+ days later$/],
])('gets nothing with the right certificate that %s', async (_, shift, message) => {
  const then = new Date(now.getTime() + shift)
  const server = await createPerson(authorities, { role: 'server', now: then, lifeMs: day })
  const error = await deceive({ shown: show(server, ours) }, report)
  expect(error).toMatchObject({ code: 'clock-wrong', exit: 75 })
  expect(error.message).toMatch(message)
})

it('does not take a clock for wrong by the word of who is not trusted', async () => {
  const then = new Date(now.getTime() - 30 * day)
  const past = await createAuthorities(then)
  const server = await createPerson(past, { role: 'server', now: then, lifeMs: day })
  const error = await deceive({ shown: show(server, past.server.certificate, ours) }, report)
  expect(error).toMatchObject({ code: 'server-not-trusted' })
})

it('shows nothing to who speaks TLS 1.2 alone', async () => {
  const error = await deceive({ shown: right, maxVersion: 'TLSv1.2' }, report)
  expect(error).toMatchObject({ code: 'server-unreachable' })
  expect(error.message).toContain('does not speak version 1.3')
})

it('does not listen to an answer before the check', async () => {
  const impostor = await startTls({ shown: show(other, ours) })
  const { url, close } = impostor
  const client = openClient({ urls: [url], pins: [pin], credential: people.node })
  await expect(report(client)).rejects.toMatchObject({ code: 'server-not-trusted' })
  expect(impostor.requests).toEqual([])
  await close()
})

it('shows its certificate to the right server: the tap sees what the others did not', async () => {
  const server = await startTls({ answer: (_, response) => response.end() })
  const tap = await startTap(server.port)
  const client = openClient({ urls: [tap.url], pins: [pin], credential: people.node })
  await report(client).catch(() => {})
  expect(server).toMatchObject({ certificates: 1, requests: ['POST /v1/nodes/self/report'] })
  expect(recordTypes(tap.heard())).toContain(23)
  client.close()
  await tap.close()
  await server.close()
})

function report(client: Client): Promise<unknown> {
  return client.request('report', { body: { state: 'ready', version: '0.1.0' } })
}

interface Deceiver {
  shown: Shown
  maxVersion?: 'TLSv1.2'
}

/** What the client says of an impostor, which has seen how it wishes to speak and nothing else. */
async function deceive(
  deceiver: Deceiver,
  call: (client: Client) => Promise<unknown>,
): Promise<Error> {
  const impostor = await startTls(deceiver)
  const tap = await startTap(impostor.port)
  const client = openClient({ urls: [tap.url], pins: [pin], credential: people.node })
  try {
    const error = await call(client).then(
      () => new Error('it was believed'),
      (thrown) => thrown,
    )
    // The alert that refuses an old version is a record of type 21 and ends it.
    expect(recordTypes(tap.heard()).filter((type) => type !== 21)).toEqual([22])
    expect(impostor).toMatchObject({ requests: [], connections: 0, certificates: 0 })
    return error
  } finally {
    client.close()
    await tap.close()
    await impostor.close()
  }
}
