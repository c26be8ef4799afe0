import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Checked } from './checked.ts'
import { publicKeyHash } from './public-key.ts'

interface Shown {
  /** PEM: the server's certificate, and then the one of the authority that issued it. */
  chain: string
  /** PEM. */
  key: string
  /** What machines dial. */
  urls: readonly string[]
  now: Date
}

/**
 * Whether a server can show this chain to machines. Gives the SHA-256, in hexadecimal, of the issuing authority's
 * public key, or what is wrong.
 */
export function checkServerChain({ chain, key, urls, now }: Shown): Checked<string, string> {
  const certificates = readChain(chain)
  const secret = readKey(key)
  if (certificates === undefined) return { refused: 'a certificate of the chain cannot be read' }
  if (secret === undefined) return { refused: 'the private key cannot be read' }
  const [own, issuer] = certificates
  if (own === undefined || issuer === undefined)
    return { refused: 'the authority that issued the certificate does not follow it' }
  if (!own.checkIssued(issuer) || !own.verify(issuer.publicKey))
    return { refused: 'the second certificate is not of the authority that issued the first' }
  if (!own.checkPrivateKey(secret)) return { refused: 'the private key is of another certificate' }
  if (now > own.validToDate) return { refused: 'the certificate has expired' }
  const unnamed = urls.map((url) => new URL(url).hostname).find((host) => !isFor(own, host))
  if (unnamed !== undefined) return { refused: `the certificate is not for "${unnamed}"` }
  return { value: publicKeyHash(issuer.raw).toString('hex') }
}

function readChain(text: string): X509Certificate[] | undefined {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    return blocks.map((block) => new X509Certificate(block))
  } catch {
    return undefined
  }
}

function readKey(text: string): KeyObject | undefined {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

function isFor(certificate: X509Certificate, hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined
}
