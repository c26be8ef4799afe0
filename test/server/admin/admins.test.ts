import { beforeEach, describe, expect, test } from 'vitest'
import { checkCertificate } from '../../../src/pki/check-certificate.ts'
import { createCsr, createKey } from '../../../src/pki/csr.ts'
import { derOf } from '../../pki/people.ts'
import { listActs } from '../acts.ts'
import { type Asker, personOf, rootOf, tlsAsker } from '../ask.ts'
import { sites, startTestServer, type TestServer } from '../test-server.ts'

const day = 24 * 3600 * 1000
let server: TestServer
let root: Asker
beforeEach(async () => {
  const hpc = { ...sites['aruba'], site: 'hpc', nodes: '10.200.2.0/24' }
  server = await startTestServer({ sites: { ...sites, hpc } })
  root = rootOf(server)
})

type Rank = 'viewer' | 'operator' | 'admin'
interface Wanted {
  name: string
  rank?: Rank
  site?: string
}

async function create(asker: Asker, { name, rank = 'admin', site }: Wanted) {
  const key = await createKey()
  const csr = createCsr(key).toString('base64')
  const made = await asker('adminCreate', {
    body: { name, rank, csr, ...(site !== undefined && { site }) },
  })
  return { ...made, key }
}

const audit = () => listActs(server.server.store)
const admins = () => server.server.store.read((reads) => reads.admins.list())

describe('an administrator', () => {
  test('gets a certificate for a key of their own, and may use it', async () => {
    const { answer, key, status } = await create(root, { name: 'anna', rank: 'operator' })
    expect([status, answer.pins]).toEqual([201, [server.server.keys.pin]])
    const now = new Date(server.server.now())
    const authority = server.keys.authorities.admin.certificate
    const checked = checkCertificate(derOf(answer.certificate), {
      authority,
      roles: ['admin'],
      now,
    })
    const { value } = checked as Extract<typeof checked, { value: unknown }>
    expect(value).toMatchObject({ role: 'admin', name: 'anna', centre: 'example' })
    expect(Math.round((value.expires.getTime() - now.getTime()) / day)).toBe(366)

    const anna = tlsAsker(server, server.admin, { certificate: answer.certificate, key })
    const listed = (await anna('adminList')).answer.admins
    expect(listed).toMatchObject([
      { id: answer.id, name: 'anna', rank: 'operator', site: null, revoked: null },
    ])
    expect(listed[0]?.createdBy).toMatch(/^root@/)
    const { problem } = await create(anna, { name: 'otto', rank: 'viewer' })
    expect(problem.code).toBe('not-allowed')
    expect(await audit()).toMatchObject([
      { action: 'admin-create', subject: 'anna', source: null, detail: { rank: 'operator' } },
    ])
  })

  test('has a name that nobody else has, until it is revoked', async () => {
    await create(root, { name: 'anna' })
    const again = await create(root, { name: 'anna', rank: 'viewer' })
    expect(again.problem).toMatchObject({ code: 'name-taken', path: '/name' })
    await root('adminRevoke', { params: { admin: 'anna' } })
    expect((await create(root, { name: 'anna', rank: 'viewer' })).status).toBe(201)
    expect((await admins()).map(({ role, revoked }) => [role, revoked !== null])).toEqual(
      expect.arrayContaining([
        ['admin', true],
        ['viewer', false],
      ]),
    )
  })

  test('of two asked for at once is made once', async () => {
    const made = await Promise.all([1, 2, 3].map(() => create(root, { name: 'anna' })))
    expect(made.map(({ status }) => status).sort()).toEqual([201, 409, 409])
    expect(await admins()).toHaveLength(1)
  })

  const requests: [string, string][] = [
    ['nothing', ''],
    ['no request', Buffer.from('hello').toString('base64')],
    ['a cut one', ''],
  ]
  test.each(requests)('is not made by %s', async (what, text) => {
    const whole = createCsr(await createKey()).toString('base64')
    const csr = what === 'a cut one' ? whole.slice(0, 100) : text
    const { problem } = await root('adminCreate', { body: { name: 'anna', rank: 'viewer', csr } })
    expect(problem).toMatchObject({ code: 'csr-refused', path: '/csr', status: 400 })
    expect([await admins(), await audit()]).toEqual([[], []])
  })

  test('is of a site that there is', async () => {
    const { problem } = await create(root, { name: 'anna', site: 'nowhere' })
    expect(problem.code).toBe('no-such-site')
  })
})

describe('an administrator of one site', () => {
  test('makes, sees and revokes those of that site alone', async () => {
    const anna = await personOf(server, { name: 'anna', rank: 'admin', site: 'aruba' })
    await personOf(server, { name: 'hugo', rank: 'viewer', site: 'hpc' })
    await personOf(server, { name: 'gina', rank: 'viewer' })
    expect((await create(anna, { name: 'otto', rank: 'operator', site: 'aruba' })).status).toBe(201)
    for (const site of [{}, { site: 'hpc' }]) {
      const { problem } = await create(anna, { name: 'olga', rank: 'viewer', ...site })
      expect(problem.code).toBe('not-allowed')
    }
    const names = (await anna('adminList')).answer.admins.map(({ name }) => name)
    expect(names).toEqual(['anna', 'otto'])
    for (const admin of ['hugo', 'gina', 'nobody']) {
      const { problem } = await anna('adminRevoke', { params: { admin } })
      expect(problem).toMatchObject({ code: 'not-found', detail: `no administrator "${admin}"` })
    }
    const { answer } = await anna('adminRevoke', { params: { admin: 'otto' } })
    expect(answer).toEqual({ changed: ['otto'] })
    expect(
      (await audit()).map(({ action, subject, detail }) => [action, subject, detail['site']]),
    ).toEqual([
      ['admin-create', 'otto', 'aruba'],
      ['admin-revoke', 'otto', 'aruba'],
    ])
  })
})

test('who was revoked may nothing any more, nor have what they wait for', async () => {
  const anna = await personOf(server, { name: 'anna', rank: 'admin' })
  expect((await anna('audit')).answer.lines).toEqual([])
  const waiting = anna('audit', { query: { wait: '3', node: 'aruba-1' } })
  await new Promise((resolve) => setTimeout(resolve, 100))
  await root('adminRevoke', { params: { admin: 'anna' } })
  expect((await anna('adminList')).problem.code).toBe('certificate-revoked')
  expect((await waiting).problem.code).toBe('certificate-revoked')
  expect((await root('adminRevoke', { params: { admin: 'anna' } })).problem.code).toBe('not-found')
})

test('an operator changes no administrators', async () => {
  const otto = await personOf(server, { name: 'otto', rank: 'operator' })
  expect((await create(otto, { name: 'x' })).problem.code).toBe('not-allowed')
  const { problem } = await otto('adminRevoke', { params: { admin: 'otto' } })
  expect(problem.code).toBe('not-allowed')
})
