import type { Role as AuthorityRole } from './authority.ts'

/**
 * Who may hold a certificate, and which authority issues it. Service hosts belong to the hubs' authority: like hubs
 * they are the centre's own and follow the feed, and a stolen one is then no step towards the OpenVPN servers, which
 * trust the nodes' authority alone. Nodes do not take one for a hub: it may not act as a server.
 */
export const authorityOf = {
  server: 'server',
  hub: 'hub',
  service: 'hub',
  node: 'node',
  job: 'node',
  admin: 'admin',
} as const satisfies Record<string, AuthorityRole>

export type CertificateRole = keyof typeof authorityOf

export interface Holder {
  /** Never given twice. Everything is allowed to an id; names are for people. */
  id: string
  role: CertificateRole
  name: string
  centre: string
  /** Nodes and jobs have one. */
  site?: string
}

export function isCertificateRole(text: string): text is CertificateRole {
  return Object.hasOwn(authorityOf, text)
}

/** The id is the serial number too: it begins with the bits 01, so that it always has 16 bytes, all of them shown. */
export function createCertificateId(): string {
  const bytes = crypto.getRandomValues(Buffer.alloc(16))
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes.toString('hex')
}
