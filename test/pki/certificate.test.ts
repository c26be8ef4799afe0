import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roles as authorityRoles } from '../../src/pki/authority.ts'
import { checkCertificate, isRenewalDue } from '../../src/pki/check-certificate.ts'
import { readElements, renderElement } from '../../src/pki/der.ts'
import { authorityOf, type CertificateRole } from '../../src/pki/holder.ts'
import { issueCertificate, openAuthority } from '../../src/pki/issue.ts'
import { publicKeyHash, publicKeyOf } from '../../src/pki/public-key.ts'
import {
  certificateRoles,
  createAuthorities,
  createPeople,
  createPerson,
  day,
  derOf,
  holders,
} from './people.ts'

const now = new Date('2026-03-01T12:00:00Z')
const authorities = await createAuthorities(now)
const strangers = await createAuthorities(now)
const people = await createPeople(authorities, now)

describe('a certificate', () => {
  const matrix = certificateRoles.flatMap((holder) =>
    authorityRoles.flatMap((authority) =>
      certificateRoles.map((role) => [holder, authority, role] as const),
    ),
  )

  it.each(matrix)(
    'of a %s, seen by who trusts the %s authority and wants a %s',
    (holder, authority, role) => {
      const checked = check(people[holder].der, {
        authority: authorities[authority].certificate,
        role,
      })
      if (authority !== authorityOf[holder]) expect(checked).toEqual({ refused: 'other-authority' })
      else if (role !== holder) expect(checked).toEqual({ refused: 'wrong-role' })
      else
        expect(checked).toMatchObject({
          value: { id: people[holder].id, role: holder, centre: 'example' },
        })
    },
  )

  it.each(certificateRoles)('of a %s is refused by an authority of the same name', (role) => {
    const authority = strangers[authorityOf[role]].certificate
    expect(check(people[role].der, { authority, role })).toEqual({ refused: 'other-authority' })
  })

  it('says who holds it', () => {
    expect(check(people.job.der, { role: 'job' })).toEqual({
      value: {
        id: people.job.id,
        role: 'job',
        name: 'hpc-job-3',
        site: 'hpc',
        centre: 'example',
        notBefore: new Date('2026-02-28T12:00:00Z'),
        expires: new Date('2026-03-31T12:00:00Z'),
      },
    })
  })

  it('has its id as serial number and as common name', () => {
    const { subject, serialNumber } = new X509Certificate(people.node.der)
    const { id } = people.node
    expect(id).toMatch(/^[4-7][0-9a-f]{31}$/)
    expect(serialNumber.toLowerCase()).toBe(id)
    expect(subject).toBe(`O=example\nOU=node\nL=aruba\nname=aruba-7\nCN=${id}`)
  })

  it.each([
    ['2026-02-28T11:59:59Z', { refused: 'not-yet-valid' }],
    ['2026-02-28T12:00:00Z', { value: expect.anything() }],
    ['2026-03-31T12:00:00Z', { value: expect.anything() }],
    ['2026-03-31T12:00:01Z', { refused: 'expired' }],
  ])('of thirty days at %s', (time, expected) => {
    expect(check(people.node.der, { role: 'node', now: new Date(time) })).toEqual(expected)
  })

  it('ends no later than its authority', async () => {
    const { der } = await createPerson(authorities, { role: 'node', now, lifeMs: 9000 * day })
    expect(check(der, { role: 'node' })).toHaveProperty(
      'value.expires',
      new Date('2046-03-01T12:00:00Z'),
    )
  })

  it('may live beyond 2049, where dates are written otherwise', async () => {
    const later = new Date('2060-01-01T00:00:00Z')
    const made = await createAuthorities(later)
    const { der } = await createPerson(made, { role: 'admin', now: later })
    const checked = check(der, { authority: made.admin.certificate, role: 'admin', now: later })
    expect(checked).toHaveProperty('value.expires', new Date('2060-01-31T00:00:00Z'))
  })

  it('keeps its id under the other signature that ECDSA allows', () => {
    const twin = withTwinSignature(people.node.der)
    expect(twin.equals(people.node.der)).toBe(false)
    expect(check(twin, { role: 'node' })).toHaveProperty('value.id', people.node.id)
  })

  it.each([
    ['empty', Buffer.alloc(0)],
    ['PEM', Buffer.from(authorities.node.certificate)],
    ['followed by something', Buffer.concat([people.node.der, Buffer.from([0])])],
    ['cut short', people.node.der.subarray(0, -1)],
  ])('that is %s is malformed', (_, der) => {
    expect(check(der, { role: 'node' })).toEqual({ refused: 'malformed' })
  })

  it('is not the authority itself', () => {
    const der = derOf(authorities.node.certificate)
    expect(check(der, { role: 'node' })).toEqual({ refused: 'malformed' })
  })

  it('is refused after every change of one byte', () => {
    const { der } = people.node
    for (let at = 0; at < der.length; at++) {
      const changed = Buffer.from(der)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x41, at)
      expect(check(changed, { role: 'node' }), `byte ${at}`).toHaveProperty('refused')
    }
  })

  it('is refused, not stumbled over, whatever it is', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (der) => {
        expect(check(der, { role: 'node' })).toEqual({ refused: 'malformed' })
      }),
    )
  })
})

describe('an authority', () => {
  it.each([
    ['a node', 'admin'],
    ['a hub', 'node'],
    ['an admin', 'server'],
  ] as const)('of others does not issue for %s: %s', async (_, authority) => {
    const role = { admin: 'node', node: 'hub', server: 'admin' } as const
    const issuer = await openAuthority(authorities[authority])
    const wanted = {
      ...holders[role[authority]],
      publicKey: publicKeyOf(people.node.key),
      now,
      lifeMs: day,
    }
    await expect(issueCertificate(issuer, wanted)).rejects.toThrow('issues no certificate for')
  })

  it('does not sign with the key of another one', async () => {
    const mixed = { ...authorities.node, key: authorities.hub.key }
    await expect(openAuthority(mixed)).rejects.toThrow(
      'the node authority has the key of another one',
    )
  })

  it('that went beyond its part is not believed', async () => {
    const issuer = { ...(await openAuthority(authorities.node)), role: 'admin' as const }
    const wanted = { ...holders.admin, publicKey: publicKeyOf(people.node.key), now, lifeMs: day }
    const { certificate } = await issueCertificate(issuer, wanted)
    const authority = authorities.node.certificate
    const checked = check(derOf(certificate), { authority, role: 'admin' })
    expect(checked).toEqual({ refused: 'other-authority' })
  })

  it.each([
    { name: 'aruba-7', site: 'hpc' },
    { name: 'aruba-07', site: 'aruba' },
    { name: 'aruba-job-7', site: 'aruba' },
    { name: 'aruba-7\nCN=x', site: 'aruba' },
    { name: '#0c0161-1', site: '#0c0161' },
  ])('issues nothing to the node $name of $site', async (given) => {
    await expect(createPerson(authorities, { role: 'node', now, ...given })).rejects.toThrow(
      'no certificate can have the name',
    )
  })

  it('is known by the hash of its public key', () => {
    const { certificate } = authorities.server
    expect(publicKeyHash(certificate)).toEqual(publicKeyHash(derOf(certificate)))
    const spki = execFileSync(
      'sh',
      ['-c', 'openssl x509 -noout -pubkey | openssl pkey -pubin -outform der | sha256sum'],
      { input: certificate, encoding: 'utf8' },
    )
    expect(publicKeyHash(certificate).toString('hex')).toBe(spki.slice(0, 64))
  })
})

describe('renewal', () => {
  it.each([
    [30, '2026-03-21T11:59:59Z', false],
    [30, '2026-03-21T12:00:00Z', true],
    [30, '2026-05-01T00:00:00Z', true],
    [1 / 24, '2026-03-01T12:30:00Z', false],
    [1 / 24, '2026-03-01T12:40:00Z', true],
  ])('of a certificate of %d days at %s: %s', async (days, time, due) => {
    const { der } = await createPerson(authorities, { role: 'node', now, lifeMs: days * day })
    const checked = check(der, { role: 'node' })
    if ('refused' in checked) throw new Error(checked.refused)
    expect(isRenewalDue(checked.value, new Date(time))).toBe(due)
  })
})

function check(
  der: Uint8Array,
  { role, ...more }: { role: CertificateRole; authority?: string; now?: Date },
): ReturnType<typeof checkCertificate> {
  const authority = authorities[authorityOf[role]].certificate
  return checkCertificate(der, { authority, now, ...more, roles: [role] })
}

/** Where (r, s) is a signature, (r, n - s) is one too. */
function withTwinSignature(der: Buffer): Buffer {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  const [outer] = readElements(der) ?? []
  const [info, algorithm, bits] = readElements(outer?.content ?? der) ?? []
  const [pair] = readElements(bits?.content.subarray(1) ?? der) ?? []
  const [r, s] = readElements(pair?.content ?? der) ?? []
  if (!info || !algorithm || !r || !s) throw new Error('that is no certificate')
  const hex = (order - BigInt(`0x${s.content.toString('hex')}`)).toString(16).padStart(64, '0')
  const number = Buffer.from(/^[89a-f]/.test(hex) ? `00${hex}` : hex, 'hex')
  const signature = renderElement(0x30, r.whole, renderElement(0x02, number))
  return renderElement(
    0x30,
    ...[info.whole, algorithm.whole, renderElement(0x03, Buffer.from([0]), signature)],
  )
}
