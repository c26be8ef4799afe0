import 'reflect-metadata'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonName,
  PublicKey,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { expect, it } from 'vitest'
import { checkCertificate } from '../../src/pki/check-certificate.ts'
import { createKey } from '../../src/pki/csr.ts'
import { publicKeyOf } from '../../src/pki/public-key.ts'
import { usageOf } from '../../src/pki/usage.ts'
import { createAuthorities } from './people.ts'

const now = new Date('2026-03-01T12:00:00Z')
const authorities = await createAuthorities(now)
const { certificate, key } = authorities.node
const issuer = {
  name: new X509Certificate(certificate).subjectName,
  key: await crypto.subtle.importKey(
    'pkcs8',
    new Uint8Array(createPrivateKey(key).export({ type: 'pkcs8', format: 'der' })),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  ),
}
const id = '4f'.repeat(16)
const subject = [
  { O: ['example'] },
  { OU: ['node'] },
  { L: ['aruba'] },
  { '2.5.4.41': ['aruba-7'] },
]
const fit: Form = {
  serialNumber: id,
  subject: [...subject, { CN: [id] }],
  spki: publicKeyOf(await createKey()),
  extensions: [
    new BasicConstraintsExtension(false, undefined, true),
    new ExtendedKeyUsageExtension([...usageOf.node]),
  ],
}

interface Form {
  serialNumber: string
  subject: JsonName
  spki: Buffer
  extensions: Extension[]
}

it('a certificate that its authority signed in our form is read', async () => {
  expect(check(await sign(fit))).toHaveProperty('value.id', id)
})

const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey
const asAuthority = new BasicConstraintsExtension(true, 0, true)
it.each<[string, Partial<Form>]>([
  ['a serial number that is not its id', { serialNumber: '5f'.repeat(16) }],
  ['a longer serial number', { serialNumber: `01${id}` }],
  ['no usage', { extensions: [] }],
  ["a hub's usage", { extensions: [new ExtendedKeyUsageExtension([...usageOf.hub])] }],
  ['the right to sign', { extensions: [...fit.extensions.slice(1), asAuthority] }],
  ['a key on another curve', { spki: p384.export({ type: 'spki', format: 'der' }) }],
  ['an attribute more', { subject: [...fit.subject, { C: ['IT'] }] }],
  ['an attribute in another place', { subject: [{ CN: [id] }, ...subject] }],
  ['two values in one attribute', { subject: [...subject, { CN: [id], C: ['IT'] }] }],
  ['no subject', { subject: [] }],
])('one with %s is malformed, though signed', async (_, odd) => {
  expect(check(await sign({ ...fit, ...odd }))).toEqual({ refused: 'malformed' })
})

async function sign({ serialNumber, spki, ...form }: Form): Promise<Buffer> {
  const certificate = await X509CertificateGenerator.create({
    ...form,
    serialNumber,
    issuer: issuer.name,
    notBefore: now,
    notAfter: new Date('2027-03-01T12:00:00Z'),
    publicKey: new PublicKey(new Uint8Array(spki)),
    signingKey: issuer.key,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  })
  return Buffer.from(certificate.rawData)
}

function check(der: Buffer): ReturnType<typeof checkCertificate> {
  const authority = authorities.node.certificate
  return checkCertificate(der, { authority, roles: ['node'], now })
}
