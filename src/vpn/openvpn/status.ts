import { parseAddress } from '../../address.ts'
import { isCertificateId } from './management-client.ts'
import { type OuterEnd, parseOuterEnd } from './outer-end.ts'

/** One line of the answer to `status 3`. */
export interface ClientStatus {
  client: number
  certificate: string
  /** Its inner addresses. */
  addresses: readonly string[]
  outer?: OuterEnd
  /** From the node, and to it, in this session. */
  received: number
  sent: number
  /** Seconds since 1970. */
  since: number
}

const columns = {
  certificate: 'Common Name',
  outer: 'Real Address',
  ipv4: 'Virtual Address',
  ipv6: 'Virtual IPv6 Address',
  received: 'Bytes Received',
  sent: 'Bytes Sent',
  since: 'Connected Since (time_t)',
  client: 'Client ID',
} as const

type Column = keyof typeof columns

/** More than a hub can have; whoever prints more is no OpenVPN. */
const mostClients = 200_000

/** Versions differ in their columns, so that the header says which is which. */
export class StatusReader {
  readonly clients: ClientStatus[] = []
  #positions: Record<Column, number> | undefined

  read(line: string): void {
    const [kind, ...fields] = line.split('\t')
    if (kind === 'HEADER' && fields[0] === 'CLIENT_LIST') this.#positions = find(fields.slice(1))
    if (kind !== 'CLIENT_LIST' || this.#positions === undefined) return
    const client = readClient(fields, this.#positions)
    if (client !== undefined && this.clients.length < mostClients) this.clients.push(client)
  }
}

function find(names: readonly string[]): Record<Column, number> {
  const positions = Object.entries(columns).map(([column, name]) => [column, names.indexOf(name)])
  return Object.fromEntries(positions) as Record<Column, number>
}

/** Who is still shaking hands, or was refused a moment ago, is listed too: by name even, but without an address. */
function readClient(
  fields: readonly string[],
  positions: Record<Column, number>,
): ClientStatus | undefined {
  const field = (column: Column) => fields[positions[column]] ?? ''
  const certificate = field('certificate')
  const [client, received, sent, since] = (['client', 'received', 'sent', 'since'] as const).map(
    (column) => wholeNumber(field(column)),
  )
  if (!isCertificateId(certificate) || client === undefined || since === undefined) return undefined
  if (received === undefined || sent === undefined) return undefined
  const addresses = [field('ipv4'), field('ipv6')].filter(
    (text) => parseAddress(text) !== undefined,
  )
  if (addresses.length === 0) return undefined
  const outer = parseOuterEnd(field('outer'))
  return { client, certificate, addresses, received, sent, since, ...(outer && { outer }) }
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
