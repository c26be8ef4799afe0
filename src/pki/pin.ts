import { X509Certificate } from 'node:crypto'

export interface CertificatePin {
  /** The serial number, which is the id and the common name too. */
  id: string
  /** SHA-256 of the whole certificate, as AA:BB:… */
  fingerprint: string
}

/** What tells this one certificate from all others of its authority. */
export function pinOf(certificate: string): CertificatePin {
  const { serialNumber, fingerprint256 } = new X509Certificate(certificate)
  return { id: serialNumber.toLowerCase(), fingerprint: fingerprint256 }
}
