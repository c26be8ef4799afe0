import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { createIdentity, enrol, type Joining, joinRequestOf } from '../../src/client/enrol.ts'
import { checkJoinAnswer, type JoinAnswer } from '../../src/client/enrol-check.ts'
import { openClient } from '../../src/client/requests.ts'
import { checkCsr } from '../../src/pki/csr.ts'
import { publicKeyOf } from '../../src/pki/public-key.ts'
import { createReleaseKey } from '../../src/pki/release-key.ts'
import { signRotation } from '../../src/pki/rotation.ts'
import { createToken, renderToken } from '../../src/pki/token.ts'
import { decodeAnswer, decodeRequest } from '../../src/protocol/messages.ts'
import { createAuthorities, createPerson, day } from '../pki/people.ts'
import { forge } from './requests/forge.ts'
import { authorities, bodyOf, now, people, pin, sendJson, startTls } from './requests/servers.ts'

const secrets = await createIdentity()
const publicKey = publicKeyOf(secrets.key)
const release = createReleaseKey()
const token = renderToken(createToken(Buffer.from(pin, 'hex')))
const joining: Joining = {
  ...{ kind: 'machine', version: '0.1.0', platform: 'linux-x64', token },
  ...{ facts: { hostname: 'fresh' }, identity: { machineId: 'abc' }, secrets, sshHostKeys: [] },
}
const certificate = await issue({ role: 'node' })
const others = await createAuthorities(now)
const foreign = await createAuthorities(now, 'other')

const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('an identity', () => {
  it('has a pair of keys that WireGuard would have made', () => {
    const { private: secret, public: open } = secrets.wireguard
    const privateKey = createPrivateKey({
      key: { kty: 'OKP', crv: 'X25519', d: url(secret), x: url(open) },
      format: 'jwk',
    })
    const publicKey = createPublicKey(privateKey)
    expect(publicKey.export({ format: 'jwk' }).x).toBe(url(open))
    expect(diffieHellman({ privateKey, publicKey })).toHaveLength(32)
  })

  it('gives a request of the protocol, without its secrets', () => {
    const request = joinRequestOf({ ...joining, sshHostKeys: [] })
    expect(decodeRequest('join', request)).toEqual({ value: request })
    expect(checkCsr(Buffer.from(request.keys.csr, 'base64'))).toEqual({ value: publicKey })
    const text = JSON.stringify(request)
    expect(text).not.toContain(secrets.wireguard.private)
    expect(text).not.toContain('PRIVATE')
    const { token: _, ...anonymous } = joining
    expect(joinRequestOf(anonymous)).not.toHaveProperty('token')
  })
})

describe('a join', () => {
  it('sends the token to the server, and gives what the machine may rely on', async () => {
    let heard: unknown
    const server = await startTls({
      answer: async (request, response) => {
        heard = JSON.parse(await bodyOf(request))
        sendJson(response, answerOf({}))
      },
    })
    const client = openClient({ urls: [server.url], pins: [pin] })
    ends.push(server.close, client.close)
    const enrolment = await enrol(client, joining)
    expect(heard).toMatchObject({ token, identity: { machineId: 'abc' } })
    expect(server.certificates).toBe(0)
    expect(enrolment).toMatchObject({
      ...{ centre: 'example', pins: [pin], releaseKey: release.public },
      ...{ hasForeignReleaseKey: false, holder: { role: 'node', name: 'aruba-7' } },
      answer: { position: 'e.1' },
    })
  })

  it('again is by the certificate alone', async () => {
    const server = await startTls({ answer: (_, response) => sendJson(response, answerOf({})) })
    const credential = { certificate, key: secrets.key }
    const client = openClient({ urls: [server.url], pins: [pin], credential })
    ends.push(server.close, client.close)
    const known = { centre: 'example', releaseKey: release.public }
    await enrol(client, { ...joining, token: undefined, known })
    expect(server.certificates).toBe(1)
  })
})

describe('an answer', () => {
  it('is a valid one to begin with', () => {
    expect(decodeAnswer('join', answerOf({}))).toHaveProperty('value')
    expect(check({})).toMatchObject({ centre: 'example' })
  })

  it('may have the authority of nodes too, and hubs none', () => {
    const { hub, node } = authorities
    expect(check({ authorities: { hub: hub.certificate, node: node.certificate } })).toBeTruthy()
    expect(check({ authorities: {}, hubs: [], rungs: [] })).toBeTruthy()
  })

  it('may have a hub whose certificate ended: its rungs fail by themselves, and others carry', async () => {
    const ended = { ...hub, certificate: await issueHub({ lifeMs: 1000 }) }
    expect(check({ hubs: [ended], time: now.getTime() + 5000 })).toBeTruthy()
  })

  it('may make a hub, a service host or a job of it', async () => {
    for (const role of ['hub', 'service'] as const) {
      const issued = await issue({ role, name: 'ce' })
      const host = { id: 'h1', role, name: 'ce' }
      const { holder } = check({ certificate: issued, host }, { node: undefined })
      expect(holder).toMatchObject({ role, name: 'ce' })
    }
    const job = await issue({ role: 'job', name: 'aruba-job-7' })
    const node = { ...self, role: 'job', name: 'aruba-job-7' } as const
    const asked = { kind: 'job', key: secrets.key } as const
    expect(checkJoinAnswer(answerOf({ certificate: job, node }), asked).holder.role).toBe('job')
  })

  const wrong: [string, () => Promise<Partial<JoinAnswer>>][] = [
    ['does not say what this machine is', async () => ({ node: undefined as never })],
    [
      'does not say what this machine is',
      async () => ({ host: { id: 'h', role: 'hub', name: 'ce' } }),
    ],
    ['it is for a job', async () => ({ node: { ...self, role: 'job' } })],
    ['certificate is malformed', async () => ({ certificate: pem('AAAA') })],
    [
      'certificate is malformed',
      async () => ({ certificate: pem(`${base64Of(certificate)}=AAAA`) }),
    ],
    ['certificate is malformed', async () => ({ certificate: certificate + certificate })],
    ['certificate is malformed', async () => ({ certificate: authorities.node.certificate })],
    ['is for another key', async () => ({ certificate: people.node.certificate })],
    [
      'not for the node "aruba-7"',
      async () => ({ certificate: await issue({ role: 'node', name: 'aruba-8' }) }),
    ],
    [
      'not for the node "aruba-7"',
      async () => ({ certificate: await issue({ role: 'hub', name: 'hub1' }) }),
    ],
    ['not for the node "aruba-7"', async () => ({ node: { ...self, site: 'hpc' } })],
    [
      'certificate is out of date',
      async () => ({
        certificate: await issue({ role: 'node', lifeMs: 1000 }),
        time: now.getTime() + 5000,
      }),
    ],
    ['certificate is out of date', async () => ({ time: now.getTime() - 2 * day })],
    [
      'refused (other-authority)',
      async () => ({
        authorities: { hub: authorities.hub.certificate, node: others.node.certificate },
      }),
    ],
    [
      'hub authority is not one of the centre',
      async () => ({ authorities: { hub: foreign.hub.certificate } }),
    ],
    [
      'hub authority is not one of the centre',
      async () => ({ authorities: { hub: authorities.node.certificate } }),
    ],
    ['hub authority is not one of the centre', async () => ({ authorities: { hub: pem('AAAA') } })],
    [
      'hub authority is not one of the centre',
      async () => ({ authorities: { hub: await likeHub({ ca: false }) } }),
    ],
    [
      'hub authority is not one of the centre',
      async () => ({ authorities: { hub: await likeHub({ signer: authorities.hub.key }) } }),
    ],
    [
      'node authority is not one of the centre',
      async () => ({
        authorities: { hub: authorities.hub.certificate, node: foreign.node.certificate },
      }),
    ],
    ['no authority for them', async () => ({ authorities: {} })],
    [
      'hub "hub1" is refused (other-authority)',
      async () => ({ authorities: { hub: others.hub.certificate } }),
    ],
    [
      'hub "hub1" is refused (wrong-role)',
      async () => ({ hubs: [{ ...hub, certificate: people.service.certificate }] }),
    ],
    [
      'hub "hub1" is refused (malformed)',
      async () => ({ hubs: [{ ...hub, certificate: pem('AAAA') }] }),
    ],
    [
      'hub "hub1" is refused (not-yet-valid)',
      async () => ({
        hubs: [{ ...hub, certificate: await issueHub({ now: new Date(now.getTime() + 9 * day) }) }],
      }),
    ],
    ['hub "hub2" is for "hub1"', async () => ({ hubs: [{ ...hub, name: 'hub2' }] })],
    ['a hub twice', async () => ({ hubs: [hub, hub] })],
    [
      'rung "wg" leads to a hub that it does not have',
      async () => ({ rungs: [[{ ...rung, hub: 'hub9' }]] }),
    ],
    [
      'release key cannot be read',
      async () => ({ pins: { server: [pin], release: pem('AAAA'), rotations: [] } }),
    ],
    [
      'release key cannot be read',
      async () => ({
        pins: {
          server: [pin],
          release: createPublicKey(secrets.key).export({ type: 'spki', format: 'pem' }).toString(),
          rotations: [],
        },
      }),
    ],
  ]
  it.each(wrong)('is not used that is wrong: %s', async (words, change) => {
    const changed = await change()
    expect(() => check(changed)).toThrow(
      expect.objectContaining({ code: 'answer-refused', message: expect.stringContaining(words) }),
    )
  })

  it('does not make a machine of a job', () => {
    const asked = { kind: 'job', key: secrets.key } as const
    expect(() => checkJoinAnswer(answerOf({}), asked)).toThrow('it is for a node')
  })

  it('does not make a hub of a machine', () => {
    const asked = { kind: 'hub', key: secrets.key } as const
    expect(() => checkJoinAnswer(answerOf({}), asked)).toThrow('it is for a node')
  })

  it('does not take a machine to another centre', () => {
    const known = { centre: 'elsewhere', releaseKey: release.public }
    const asked = { kind: 'machine', key: secrets.key, known } as const
    expect(() => checkJoinAnswer(answerOf({}), asked)).toThrow('from the centre "example"')
  })
})

describe('the release key', () => {
  const next = createReleaseKey()
  const known = { centre: 'example', releaseKey: release.public }
  const rotation = signRotation({ centre: 'example', successor: next.public, issued: now }, release)
  const pins = (key: string, rotations = [rotation]) => ({ server: [pin], release: key, rotations })

  it('goes where the pinned one leads', () => {
    expect(check({ pins: pins(next.public) }, {}, known)).toMatchObject({
      releaseKey: next.public,
      hasForeignReleaseKey: false,
    })
  })

  it('stays where nothing signed leads on, and that is told', () => {
    const byOther = signRotation(
      { centre: 'example', successor: next.public, issued: now },
      createReleaseKey(),
    )
    for (const rotations of [[], [byOther]]) {
      expect(check({ pins: pins(next.public, rotations) }, {}, known)).toMatchObject({
        releaseKey: release.public,
        hasForeignReleaseKey: true,
      })
    }
  })
})

const self: NonNullable<JoinAnswer['node']> = {
  ...{ id: 'n1', role: 'node', name: 'aruba-7', fqdn: 'aruba-7.farm.example.org' },
  ...{ site: 'aruba', class: null, slot: 7, addresses: ['10.200.1.7'] },
}
const hub: JoinAnswer['hubs'][number] = {
  ...{ name: 'hub1', inner: ['10.200.0.1'], wireguard: null },
  certificate: people.hub.certificate,
}
const rung: JoinAnswer['rungs'][number][number] = {
  ...{ name: 'wg', kind: 'wireguard', proto: 'udp', hub: 'hub1' },
  ...{ addresses: ['203.0.113.10'], port: 51820, tlsCrypt: null },
}

function answerOf(change: Partial<JoinAnswer>): JoinAnswer {
  return {
    ...{ time: now.getTime(), position: 'e.1', node: self, certificate },
    authorities: { hub: authorities.hub.certificate },
    ...{ hubs: [hub], rungs: [[rung]], services: [] },
    pins: { server: [pin], release: release.public, rotations: [] },
    ...change,
  }
}

function check(
  change: Partial<JoinAnswer>,
  absent: { node?: undefined } = {},
  known?: { centre: string; releaseKey: string },
) {
  const answer = { ...answerOf(change), ...absent } as JoinAnswer
  return checkJoinAnswer(answer, { kind: 'machine', key: secrets.key, known })
}

/** For the key of this machine. */
async function issue(
  wanted: Partial<Parameters<typeof createPerson>[1]> & {
    role: 'node' | 'job' | 'hub' | 'service'
  },
) {
  const site = wanted.role === 'job' ? { site: 'aruba' } : {}
  return (await createPerson(authorities, { now, publicKey, ...site, ...wanted })).certificate
}

async function issueHub(wanted: Partial<Parameters<typeof createPerson>[1]>): Promise<string> {
  return (await createPerson(authorities, { role: 'hub', now, ...wanted })).certificate
}

async function likeHub(change: object): Promise<string> {
  const subject = 'O=example, OU=hub, CN=example hub CA'
  return (await forge({ subject, ca: true, usages: [], ...change })).certificate
}

function pem(base64: string): string {
  return `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`
}

function base64Of(certificate: string): string {
  return certificate.replace(/-----.*-----|[\n=]/g, '')
}

function url(base64: string): string {
  return Buffer.from(base64, 'base64').toString('base64url')
}
