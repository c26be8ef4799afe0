import type { AuditRecord } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import type { WhoWanted } from './audit-query.ts'

interface Asked extends Omit<WhoWanted, 'kind'> {
  /** Only lines of this site. */
  site?: string
}

/**
 * Who had an inner address: the last node up to then that was given it. Its first line with the address says when,
 * the last one what became of it: whether it had left by then.
 */
export async function whoHad(
  { audit }: Pick<Reads, 'audit'>,
  { address, at, site }: Asked,
): Promise<AuditRecord[]> {
  const matching = { heldAddress: address, to: at, ...(site !== undefined && { site }) }
  const first = (await audit.ofEachSubject('first', matching)).at(-1)
  if (first === undefined) return []
  const subject = first.subject ?? ''
  const newest = await audit.list({ ...matching, subject, newestFirst: true, limit: 1 })
  return [first, ...newest.filter(({ sequence }) => sequence > first.sequence)]
}

const tunnelActions = ['tunnel-up', 'tunnel-down']
/** More nodes than these do not share one address. */
const mostNodes = 1000

/** Who came from an outer address, which many may share: the tunnels from there that stood then. */
export async function whoCameFrom(
  { audit }: Pick<Reads, 'audit'>,
  { address, port, at, site }: Asked,
): Promise<AuditRecord[]> {
  const wanted = { to: at, actions: tunnelActions, ...(site !== undefined && { site }) }
  const words = await audit.ofEachSubject('last', { ...wanted, heldAddress: address })
  const standing: AuditRecord[] = []
  for (const word of words.filter((one) => isUp(one, address, port)).slice(-mostNodes)) {
    const subject = word.subject ?? ''
    const [newest] = await audit.list({ ...wanted, subject, newestFirst: true, limit: 1 })
    if (newest?.sequence === word.sequence) standing.push(word)
  }
  return standing
}

function isUp({ action, detail }: AuditRecord, address: string, port: number | undefined): boolean {
  if (action !== 'tunnel-up') return false
  const outer = detail['outer'] as { address?: unknown; port?: unknown } | undefined
  return outer?.address === address && (port === undefined || outer.port === port)
}
