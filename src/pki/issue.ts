import 'reflect-metadata'
import { createPrivateKey, X509Certificate as NodeCertificate, type webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { DynfarmError } from '../errors.ts'
import type { Authority, Role as AuthorityRole } from './authority.ts'
import { backdatedMs } from './backdate.ts'
import { authorityOf, createCertificateId, type Holder } from './holder.ts'
import { renderSubject } from './subject.ts'
import { usageOf } from './usage.ts'

/** An authority that is ready to sign. */
export interface Issuer {
  role: AuthorityRole
  certificate: X509Certificate
  key: webcrypto.CryptoKey
}

export interface CertificateWanted extends Omit<Holder, 'id' | 'centre'> {
  /** An id that the store has already for this holder and key; absent: a new one. */
  id?: string
  /** SPKI, in DER; of a node it comes from a checked request. */
  publicKey: Uint8Array
  now: Date
  lifeMs: number
  /** Of a server: what machines dial. */
  urls?: readonly string[]
}

export interface Issued {
  id: string
  /** PEM. */
  certificate: string
  expires: Date
}

/** Refuses a key that is another authority's: what it signed would be refused later, everywhere. */
export async function openAuthority({ role, certificate, key }: Authority): Promise<Issuer> {
  const secret = createPrivateKey(key)
  if (!new NodeCertificate(certificate).checkPrivateKey(secret)) {
    throw new DynfarmError('config-invalid', `the ${role} authority has the key of another one`)
  }
  const der = secret.export({ type: 'pkcs8', format: 'der' })
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return {
    role,
    certificate: new X509Certificate(certificate),
    key: await crypto.subtle.importKey('pkcs8', new Uint8Array(der), algorithm, false, ['sign']),
  }
}

export async function issueCertificate(issuer: Issuer, wanted: CertificateWanted): Promise<Issued> {
  if (authorityOf[wanted.role] !== issuer.role) {
    throw new Error(`the ${issuer.role} authority issues no certificate for a ${wanted.role}`)
  }
  const { id = createCertificateId() } = wanted
  const publicKey = new PublicKey(new Uint8Array(wanted.publicKey))
  const certificate = await X509CertificateGenerator.create({
    serialNumber: id,
    subject: renderSubject({ ...wanted, id, centre: centreOf(issuer) }),
    issuer: issuer.certificate.subjectName,
    ...validity(wanted, issuer),
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: await extensionsOf(issuer, wanted, publicKey),
  })
  return { id, certificate: `${certificate.toString('pem')}\n`, expires: certificate.notAfter }
}

function centreOf({ certificate }: Issuer): string {
  return certificate.subjectName.getField('O')[0] ?? ''
}

function validity(
  { now, lifeMs }: CertificateWanted,
  issuer: Issuer,
): { notBefore: Date; notAfter: Date } {
  const end = Math.min(now.getTime() + lifeMs, issuer.certificate.notAfter.getTime())
  return { notBefore: new Date(now.getTime() - backdatedMs), notAfter: new Date(end) }
}

async function extensionsOf(
  issuer: Issuer,
  { role, urls = [] }: CertificateWanted,
  publicKey: PublicKey,
): Promise<Extension[]> {
  const names = urls.map(nameInUrl)
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension([...usageOf[role]]),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
    await SubjectKeyIdentifierExtension.create(publicKey),
    await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
  ]
}

function nameInUrl(url: string): { type: 'ip' | 'dns'; value: string } {
  const value = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return { type: isIP(value) === 0 ? 'dns' : 'ip', value }
}
