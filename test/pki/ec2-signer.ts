import { execFileSync } from 'node:child_process'
import { createPrivateKey, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Signer {
  /** PEM. */
  readonly certificate: string
  /** With the line breaks that the cloud's metadata service gives a signature. */
  sign(document: string): { document: string; signature: string }
}

/** A region's signer of identity documents, made by openssl. */
export function makeSigner(kind: readonly string[] = ['rsa:2048']): Signer {
  const made = makeCertificate(kind)
  const by = createPrivateKey(made.key)
  return {
    certificate: made.certificate,
    sign: (document) => {
      const text = sign('sha256', Buffer.from(document), by).toString('base64')
      return { document, signature: text.replace(/.{64}/g, '$&\n') }
    },
  }
}

function makeCertificate(kind: readonly string[]): { key: string; certificate: string } {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-test-'))
  try {
    const [key, certificate] = [join(folder, 'key'), join(folder, 'certificate')]
    const subject = ['-nodes', '-subj', '/CN=ec2', '-days', '9999']
    const argv = ['req', '-x509', '-newkey', ...kind, ...subject]
    execFileSync('openssl', [...argv, '-keyout', key, '-out', certificate], { stdio: 'pipe' })
    return { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
