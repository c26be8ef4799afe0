import type { CertificateRole } from './holder.ts'

const asServer = '1.3.6.1.5.5.7.3.1'
const asClient = '1.3.6.1.5.5.7.3.2'

/** What the holder of each role may be in a TLS connection: a hub ends tunnels and asks the server. */
export const usageOf: Readonly<Record<CertificateRole, readonly string[]>> = {
  server: [asServer],
  hub: [asServer, asClient],
  service: [asClient],
  node: [asClient],
  job: [asClient],
  admin: [asClient],
}
