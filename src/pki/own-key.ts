import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

/** Whether text is a private key of the kind that createKey makes. */
export function isPrivateKey(pem: string): boolean {
  return readKey(pem)?.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}

/** Whether a private key is that of a certificate, both in PEM. */
export function isKeyOf(privateKey: string, certificate: string): boolean {
  const key = readKey(privateKey)
  return key !== undefined && readCertificate(certificate)?.checkPrivateKey(key) === true
}

function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}
