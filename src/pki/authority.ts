import 'reflect-metadata'
import type { webcrypto } from 'node:crypto'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  type Extension,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { toPem } from './pem.ts'

/** Who a certificate speaks for. Each role has an authority of its own, and a verifier trusts just one. */
export const roles = ['server', 'hub', 'node', 'admin'] as const
export type Role = (typeof roles)[number]

export interface Authority {
  role: Role
  /** PEM, public. */
  certificate: string
  /** PEM (PKCS #8), secret. */
  key: string
}

export interface AuthorityRequest {
  role: Role
  /** Letters, digits, dots and dashes: the x509 library reads more than text out of other characters. */
  centre: string
  now: Date
}

const day = 24 * 3600 * 1000
const lifeYears = 20

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' } as const

export async function createAuthority({ role, centre, now }: AuthorityRequest): Promise<Authority> {
  const keys = await crypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: authorityName(role, centre),
    keys,
    signingAlgorithm,
    ...validity(now),
    extensions: await authorityExtensions(keys.publicKey),
  })
  return {
    role,
    certificate: `${certificate.toString('pem')}\n`,
    key: toPem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', keys.privateKey)),
  }
}

/** The role stands in the subject, where every verifier looks for it besides trusting the one authority. */
function authorityName(role: Role, centre: string): JsonName {
  return [{ O: [centre] }, { OU: [role] }, { CN: [`${centre} ${role} CA`] }]
}

/** Begins a day back, so that a machine whose clock is behind can use what a fresh centre gives it. */
function validity(now: Date): { notBefore: Date; notAfter: Date } {
  const notAfter = new Date(now)
  notAfter.setUTCFullYear(now.getUTCFullYear() + lifeYears)
  return { notBefore: new Date(now.getTime() - day), notAfter }
}

async function authorityExtensions(publicKey: webcrypto.CryptoKey): Promise<Extension[]> {
  return [
    new BasicConstraintsExtension(true, 0, true),
    new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(publicKey),
  ]
}
