import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { bitsOf, parseAddress } from '../address.ts'
import { DynfarmError } from '../errors.ts'
import type { Authority, Role as AuthorityRole } from './authority.ts'
import { backdatedMs } from './backdate.ts'
import {
  keyIdentifier,
  renderCertificate,
  renderExtension,
  renderName,
  renderOid,
  sequence,
  subjectIn,
  tags,
} from './certificate-der.ts'
import { renderElement } from './der.ts'
import { authorityOf, createCertificateId, type Holder } from './holder.ts'
import { toPem } from './pem.ts'
import { renderSubject } from './subject.ts'
import { usageOf } from './usage.ts'

/** An authority that is ready to sign. */
export interface Issuer {
  role: AuthorityRole
  centre: string
  /** DER. */
  subject: Buffer
  keyIdentifier: Buffer
  expires: Date
  key: KeyObject
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
  const own = new X509Certificate(certificate)
  if (!own.checkPrivateKey(secret)) {
    throw new DynfarmError('config-invalid', `the ${role} authority has the key of another one`)
  }
  return {
    role,
    centre: /^O=(.*)$/m.exec(own.subject)?.[1] ?? '',
    subject: subjectIn(own.raw),
    keyIdentifier: keyIdentifier(own.publicKey.export({ type: 'spki', format: 'der' })),
    expires: own.validToDate,
    key: secret,
  }
}

export async function issueCertificate(issuer: Issuer, wanted: CertificateWanted): Promise<Issued> {
  if (authorityOf[wanted.role] !== issuer.role) {
    throw new Error(`the ${issuer.role} authority issues no certificate for a ${wanted.role}`)
  }
  const { id = createCertificateId(), publicKey } = wanted
  const { notBefore, notAfter } = validity(wanted, issuer)
  const parts = {
    serial: id,
    issuer: issuer.subject,
    subject: renderName(renderSubject({ ...wanted, id, centre: issuer.centre })),
    publicKey,
    notBefore,
    notAfter,
    extensions: extensionsOf(issuer, wanted),
  }
  const der = renderCertificate(parts, issuer.key)
  return { id, certificate: toPem('CERTIFICATE', new Uint8Array(der).buffer), expires: notAfter }
}

function validity(
  { now, lifeMs }: CertificateWanted,
  { expires }: Issuer,
): { notBefore: Date; notAfter: Date } {
  const end = Math.min(now.getTime() + lifeMs, expires.getTime())
  return { notBefore: new Date(now.getTime() - backdatedMs), notAfter: toSecond(end) }
}

/** As certificates tell the time. */
function toSecond(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000)
}

/** By RFC 5280, 4.2.1. */
const oids = {
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  names: '2.5.29.17',
  constraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  purposes: '2.5.29.37',
} as const

/** The first of the bits, of eight of which seven are unused. */
const digitalSignature = renderElement(tags.bits, Buffer.from([7, 0x80]))
const noAuthority = sequence()

function extensionsOf(
  { keyIdentifier: authorityKey }: Issuer,
  { role, urls = [], publicKey }: CertificateWanted,
): Buffer[] {
  const names = urls.map(nameInUrl)
  const critical = true
  return [
    renderExtension(oids.constraints, noAuthority, { critical }),
    renderExtension(oids.keyUsage, digitalSignature, { critical }),
    renderExtension(oids.purposes, sequence(...usageOf[role].map(renderOid))),
    ...(names.length > 0 ? [renderExtension(oids.names, sequence(...names))] : []),
    renderExtension(oids.subjectKey, renderElement(tags.bytes, keyIdentifier(publicKey))),
    renderExtension(oids.authorityKey, sequence(renderElement(nameTags.key, authorityKey))),
  ]
}

/** Of choices, in their places. */
const nameTags = { key: 0x80, dns: 0x82, address: 0x87 } as const

function nameInUrl(url: string): Buffer {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0
    ? renderElement(nameTags.dns, Buffer.from(host))
    : renderElement(nameTags.address, addressBytes(host))
}

function addressBytes(text: string): Buffer {
  const { family = 'ipv4', value = 0n } = parseAddress(text) ?? {}
  const digits = bitsOf(family) / 4
  return Buffer.from(value.toString(16).padStart(digits, '0'), 'hex')
}
