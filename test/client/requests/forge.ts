import 'reflect-metadata'
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { toPem } from '../../../src/pki/pem.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const

/** What a certificate says, however little sense it makes. */
export interface Forged {
  subject: string
  issuer?: string
  /** PEM (PKCS #8); without it, it signs itself. */
  signer?: string
  ca?: boolean
  usages?: string[]
  dns?: string
  signs?: boolean
  serial?: string
  from?: Date
  until?: Date
}

const day = 24 * 3600 * 1000

export async function forge(wanted: Forged): Promise<{ certificate: string; key: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { subject, issuer = subject, ca = false, usages = ['1.3.6.1.5.5.7.3.1'] } = wanted
  const signs = wanted.signs ?? ca
  const usage = signs ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature
  const made = await X509CertificateGenerator.create({
    serialNumber: wanted.serial ?? '4'.repeat(32),
    subject,
    issuer,
    notBefore: wanted.from ?? new Date(Date.now() - day),
    notAfter: wanted.until ?? new Date(Date.now() + day),
    publicKey: keys.publicKey,
    signingKey: wanted.signer === undefined ? keys.privateKey : await importKey(wanted.signer),
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new BasicConstraintsExtension(ca, undefined, true),
      new KeyUsagesExtension(usage, true),
      ...(usages.length > 0 ? [new ExtendedKeyUsageExtension(usages)] : []),
      wanted.dns === undefined
        ? new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])
        : new SubjectAlternativeNameExtension([{ type: 'dns', value: wanted.dns }]),
    ],
  })
  const key = toPem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  return { certificate: `${made.toString('pem')}\n`, key }
}

function importKey(pem: string) {
  const der = Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
  return crypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign'])
}
