import { isCertificateId } from './management-client.ts'

/** What is said to the management interface, a line each. */
export const askStatus = 'status 3\n'

export function askTraffic(everySeconds: number): string {
  return `bytecount ${everySeconds}\n`
}

/** The listener hears of changes of state at the node's end from here on. */
export const askStates = 'state on\n'

/** Ends one session and tells its node to come again. */
export function killSession(client: number): string {
  if (!Number.isSafeInteger(client) || client < 0) throw new Error(`not a session: ${client}`)
  return `client-kill ${client}\n`
}

/**
 * Ends all sessions of a certificate at once and without telling its node: what revokes it, once its file is gone. An ERROR says
 * that it had none.
 */
export function killCertificate(certificate: string): string {
  if (!isCertificateId(certificate))
    throw new Error(`not the id of a certificate: "${certificate}"`)
  return `kill ${certificate}\n`
}
