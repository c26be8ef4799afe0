import { type OuterEnd, outerEnd } from './outer-end.ts'

/** A client as OpenVPN tells of it: what its certificate and its packets prove, nothing it says of itself. */
export interface ClientEvent {
  /** OpenVPN's number of this session; another session of the same node has another. */
  client: number
  certificate: string
  outer?: OuterEnd
}

/** IV_… and UV_… are the node's own words; among ours none may stand twice. */
const known = ['common_name', 'trusted_ip', 'trusted_ip6', 'trusted_port'] as const

export function readEnvironment(client: number, lines: readonly string[]): ClientEvent | undefined {
  const variables = new Map<string, string>()
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(line) ?? []
    if (!known.some((one) => one === name)) continue
    if (variables.has(name)) return undefined
    variables.set(name, value)
  }
  const certificate = variables.get('common_name') ?? ''
  if (!isCertificateId(certificate)) return undefined
  const address = variables.get('trusted_ip') ?? variables.get('trusted_ip6') ?? ''
  const outer = outerEnd(address, variables.get('trusted_port') ?? '')
  return { client, certificate, ...(outer && { outer }) }
}

export function isCertificateId(text: string): boolean {
  return /^[4-7][0-9a-f]{31}$/.test(text)
}
