import { X509Certificate } from 'node:crypto'
import { type Certificate, readPem } from '../../../src/pki/check-certificate.ts'
import { issueCertificate, openAuthority } from '../../../src/pki/issue.ts'
import type { LabHost } from '../lib/lab-host.ts'

/** Files in which a host keeps its certificate. */
export const identityFile = '/var/lib/dynfarm/host/identity.json'
export const keptFile = '/var/lib/dynfarm/node/config.json'

export interface Life {
  /** Milliseconds from now. */
  from: number
  until: number
}

/** The certificate of a hub or service host made out again by its centre, as if it had been made at another time. */
export async function giveLife(
  { server, host, path }: { server: LabHost; host: LabHost; path: string },
  { from, until }: Life,
): Promise<Certificate> {
  const text = await host.read(path)
  const own = pemIn(text)
  const { id, role, name } = readPem(own)
  const keys = '/etc/dynfarm/keys/hub-ca'
  const [certificate, key] = await Promise.all(
    ['crt', 'key'].map((end) => server.read(`${keys}.${end}`)),
  )
  const authority = { role: 'hub', certificate: certificate ?? '', key: key ?? '' } as const
  const made = await issueCertificate(await openAuthority(authority), {
    ...{ id, role, name, lifeMs: until - from, now: new Date(Date.now() + from) },
    publicKey: new X509Certificate(own).publicKey.export({ type: 'spki', format: 'der' }),
  })
  await host.write(path, text.replace(JSON.stringify(own), JSON.stringify(made.certificate)))
  return readPem(made.certificate)
}

export async function lifeIn(host: LabHost, path: string): Promise<Certificate> {
  return readPem(pemIn(await host.read(path)))
}

function pemIn(text: string): string {
  const { certificate, answer } = JSON.parse(text)
  return certificate ?? answer.certificate
}
