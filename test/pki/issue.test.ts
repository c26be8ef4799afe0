import 'reflect-metadata'
import { createPrivateKey, X509Certificate as NodeCertificate } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { expect, it } from 'vitest'
import { createKey } from '../../src/pki/csr.ts'
import { readElements } from '../../src/pki/der.ts'
import { authorityOf, type Holder } from '../../src/pki/holder.ts'
import { type CertificateWanted, issueCertificate, openAuthority } from '../../src/pki/issue.ts'
import { publicKeyOf } from '../../src/pki/public-key.ts'
import { renderSubject } from '../../src/pki/subject.ts'
import { usageOf } from '../../src/pki/usage.ts'
import { certificateRoles, createAuthorities, day, derOf, holders } from './people.ts'

const now = new Date('2026-03-01T12:00:00.789Z')
const id = '4f'.repeat(16)
const publicKey = publicKeyOf(await createKey())
const common = { id, publicKey, now, lifeMs: 30 * day }

type Sample = [what: string, wanted: CertificateWanted, centre?: string]
const samples: Sample[] = [
  ...certificateRoles.map((role): Sample => [`a ${role}`, { ...common, ...holders[role] }]),
  ['a name that is not printable in ASN.1', { ...common, role: 'hub', name: 'hub_1' }],
  ['a centre of that kind', { ...common, role: 'hub', name: 'hub1' }, 'exa_mple'],
  ['an end after 2049', { ...common, ...holders.node, now: new Date('2049-12-15T00:00:00Z') }],
  ['a beginning after 2049', { ...common, ...holders.node, now: new Date('2051-01-01T00:00:00Z') }],
  [
    'many names of a server',
    {
      ...common,
      ...holders.server,
      urls: [
        'https://a.example.org',
        'https://192.0.2.1:1',
        'https://[fd5a::1]:8443',
        'https://[::]',
      ],
    },
  ],
]

it.each(samples)('%s has the bytes that the x509 library gives it', async (_, wanted, centre) => {
  const authorities = await createAuthorities(wanted.now, centre)
  const authority = authorities[authorityOf[wanted.role]]
  const { certificate, expires } = await issueCertificate(await openAuthority(authority), wanted)
  const reference = await issueByLibrary(authority, { ...wanted, id, centre: centre ?? 'example' })
  expect(signedPart(derOf(certificate))).toBe(signedPart(Buffer.from(reference.rawData)))
  expect(expires).toEqual(reference.notAfter)
  const issuer = new NodeCertificate(authority.certificate)
  expect(new NodeCertificate(certificate).verify(issuer.publicKey)).toBe(true)
})

/** All but the signature, which is another one each time. */
function signedPart(der: Buffer): string {
  const [outer] = readElements(der) ?? []
  const [signed, algorithm] = (outer && readElements(outer.content)) ?? []
  return `${signed?.whole.toString('hex')} ${algorithm?.whole.toString('hex')}`
}

type Wanted = CertificateWanted & Pick<Holder, 'id' | 'centre'>

async function issueByLibrary(
  authority: { certificate: string; key: string },
  wanted: Wanted,
): Promise<X509Certificate> {
  const issuer = new X509Certificate(authority.certificate)
  const { role, urls = [], lifeMs } = wanted
  const key = new PublicKey(new Uint8Array(wanted.publicKey))
  const names = urls.map((url) => {
    const value = new URL(url).hostname.replace(/[[\]]/g, '')
    return { type: /^[0-9.]+$|:/.test(value) ? 'ip' : 'dns', value } as const
  })
  return X509CertificateGenerator.create({
    serialNumber: wanted.id,
    subject: renderSubject(wanted).map(([oid, text]): JsonName[number] => ({ [oid]: [text] })),
    issuer: issuer.subjectName,
    notBefore: new Date(wanted.now.getTime() - day),
    notAfter: new Date(wanted.now.getTime() + lifeMs),
    publicKey: key,
    signingKey: await importKey(authority.key),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([...usageOf[role]]),
      ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      await SubjectKeyIdentifierExtension.create(key),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  })
}

function importKey(pem: string) {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign'])
}
