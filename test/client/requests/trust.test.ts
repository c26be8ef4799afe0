import { X509Certificate } from 'node:crypto'
import { expect, it } from 'vitest'
import { checkServer, distrust } from '../../../src/client/requests/trust.ts'
import { publicKeyHash } from '../../../src/pki/public-key.ts'
import { day } from '../../pki/people.ts'
import { type Forged, forge } from './forge.ts'
import { authorities, now, people, pin } from './servers.ts'

const name = 'O=Public Trust, CN=Issuing 3'
const root = await forge({ subject: name, ca: true, usages: [] })
const rootPin = publicKeyHash(root.certificate).toString('hex')

const verdicts: [string, Partial<Forged>, string][] = [
  ['for its name', {}, 'trusted'],
  [
    'for another name',
    { dns: 'hub2.example.org' },
    'its certificate is not for "hub1.example.org"',
  ],
  ['for all names of the domain', { dns: '*.example.org' }, 'trusted'],
  [
    'for parts of names',
    { dns: 'h*.example.org' },
    'its certificate is not for "hub1.example.org"',
  ],
  ['for clients', { usages: ['1.3.6.1.5.5.7.3.2'] }, 'its certificate is not for a server'],
  ['for no use at all', { usages: [] }, 'its certificate is not for a server'],
  ['that is an authority', { ca: true }, 'its certificate is not for a server'],
  ['by another issuer', { issuer: 'CN=x' }, 'its certificate is not from the expected authority'],
  ['that has ended', { until: new Date(now.getTime() - 1000) }, 'clock'],
  ['that has not begun', { from: new Date(now.getTime() + 1000) }, 'clock'],
]

it.each(verdicts)('judges a certificate of a public authority %s', async (_, wanted, verdict) => {
  expect(await judge(wanted)).toBe(verdict)
})

it('takes no signature of another key', async () => {
  const { key } = await forge({ subject: name })
  expect(await judge({ signer: key })).toMatch('authority')
})

it.each<[string, Partial<Forged>]>([
  ['is none', { ca: false, signs: true }],
  ['may not sign', { signs: false }],
])('takes no certificate of an authority that %s', async (_, wanted) => {
  const authority = await forge({ subject: name, usages: [], ca: true, ...wanted })
  const leaf = await leafBy(authority.key, {})
  const pins = [publicKeyHash(authority.certificate).toString('hex')]
  expect(verdictOf([leaf.certificate, authority.certificate], pins)).toMatch('authority')
})

it('finds the authority wherever the server puts it, and needs it', async () => {
  const leaf = await leafBy(root.key, {})
  const { certificate } = authorities.server
  expect(verdictOf([leaf.certificate, certificate, root.certificate], [pin, rootPin])).toBe(
    'trusted',
  )
  expect(verdictOf([leaf.certificate], [rootPin])).toMatch('authority')
  expect(verdictOf([], [rootPin])).toBe('it shows no certificate')
  expect(verdictOf([root.certificate], [rootPin])).toMatch('authority')
})

it('counts the time of the authority too', async () => {
  const until = new Date(now.getTime() - 1000)
  const authority = await forge({ subject: name, usages: [], ca: true, until })
  const leaf = await leafBy(authority.key, {})
  const pins = [publicKeyHash(authority.certificate).toString('hex')]
  expect(verdictOf([leaf.certificate, authority.certificate], pins)).toBe('clock')
})

it("takes the centre's own server, until its last second", () => {
  const chain = [people.server.certificate, authorities.server.certificate].map(
    (pem) => new X509Certificate(pem),
  )
  const target = { name: 'https://127.0.0.1', host: '127.0.0.1', port: 443 }
  const { expires } = people.server
  expect(checkServer(chain, { pins: [pin], target, now: expires }).kind).toBe('trusted')
  const late = new Date(expires.getTime() + 1000)
  expect(checkServer(chain, { pins: [pin], target, now: late }).kind).toBe('clock')
  expect(
    distrust(chain, { pins: [pin], target, now: new Date(now.getTime() + 400 * day) }),
  ).toMatchObject({
    code: 'clock-wrong',
    message: expect.stringMatching(/"https:\/\/127\.0\.0\.1" ended .*Z, 370 days earlier$/),
  })
})

it('takes what cannot be read for what cannot be trusted', () => {
  const broken = { raw: Buffer.alloc(0) } as X509Certificate
  const target = { name: 'https://x', host: 'x', port: 443 }
  expect(distrust([broken, broken], { pins: [pin], target, now })?.code).toBe('server-not-trusted')
})

async function judge(wanted: Partial<Forged>): Promise<string> {
  const leaf = await leafBy(wanted.signer ?? root.key, wanted)
  return verdictOf([leaf.certificate, root.certificate], [rootPin])
}

function leafBy(signer: string, wanted: Partial<Forged>): ReturnType<typeof forge> {
  return forge({ subject: 'CN=hub1', issuer: name, dns: 'hub1.example.org', ...wanted, signer })
}

function verdictOf(chain: string[], pins: string[]): string {
  const target = { name: 'https://hub1.example.org', host: 'hub1.example.org', port: 443 }
  const certificates = chain.map((pem) => new X509Certificate(pem))
  const verdict = checkServer(certificates, { pins, target, now })
  return verdict.kind === 'refused' ? verdict.why : verdict.kind
}
