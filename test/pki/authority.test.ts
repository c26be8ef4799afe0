import { execFileSync } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAuthority, roles } from '../../src/pki/authority.ts'

const now = new Date('2026-03-01T12:00:00Z')

describe.each(roles)('the %s authority', (role) => {
  const made = createAuthority({ role, centre: 'example', now })

  it('names centre and role', async () => {
    const certificate = new X509Certificate((await made).certificate)
    expect(certificate.subject).toBe(`O=example\nOU=${role}\nCN=example ${role} CA`)
    expect(certificate.issuer).toBe(certificate.subject)
  })

  it('begins a day back and lasts 20 years', async () => {
    const certificate = new X509Certificate((await made).certificate)
    expect(certificate.validFromDate.toISOString()).toBe('2026-02-28T12:00:00.000Z')
    expect(certificate.validToDate.toISOString()).toBe('2046-03-01T12:00:00.000Z')
  })

  it('signs itself with the key it comes with, on P-256', async () => {
    const { certificate: pem, key } = await made
    const certificate = new X509Certificate(pem)
    expect(certificate.verify(certificate.publicKey)).toBe(true)
    expect(certificate.checkPrivateKey(createPrivateKey(key))).toBe(true)
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' })
  })

  it('may sign certificates of hosts and people, and nothing else', async () => {
    const { certificate } = await made
    expect(extensionsOf(certificate)).toMatch(
      /^X509v3 Basic Constraints: critical\n +CA:TRUE, pathlen:0\nX509v3 Key Usage: critical\n +Certificate Sign\n/,
    )
  })

  it('is identified by its key', async () => {
    const { certificate } = await made
    const ids = [...extensionsOf(certificate).matchAll(/Key Identifier: \n +([0-9A-F:]{59})$/gm)]
    expect(ids).toHaveLength(2)
    expect(ids[0]?.[1]).toBe(ids[1]?.[1])
  })
})

it('never makes the same key or serial number twice', async () => {
  const request = { role: 'node', centre: 'example', now } as const
  const [one, other] = await Promise.all([createAuthority(request), createAuthority(request)])
  expect(one.key).not.toBe(other.key)
  expect(new X509Certificate(one.certificate).serialNumber).not.toBe(
    new X509Certificate(other.certificate).serialNumber,
  )
})

function extensionsOf(pem: string): string {
  const names = 'basicConstraints,keyUsage,subjectKeyIdentifier,authorityKeyIdentifier'
  return execFileSync('openssl', ['x509', '-noout', '-ext', names], {
    input: pem,
    encoding: 'utf8',
  })
}
