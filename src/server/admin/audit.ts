import { contains, parseAddress } from '../../address.ts'
import { parseNetwork } from '../../profile/network.ts'
import { listOf, type Profile } from '../../profile/types.ts'
import type { AuditRecord } from '../../protocol/records.ts'
import type { Store } from '../../store/store.ts'
import type { Call, Handlers } from '../call.ts'
import type { Server } from '../server.ts'
import { renderAuditLine } from './audit-line.ts'
import { aboutNode, followLines, type Lines } from './audit-lines.ts'
import { type LinesWanted, readQuery, type WhoWanted } from './audit-query.ts'
import { checkWhole, onlySite, personOf } from './person.ts'
import { whoCameFrom, whoHad } from './who.ts'

export const auditHandlers = {
  audit: async (call, server) => {
    const wanted = readQuery(call.query)
    const found =
      wanted.kind === 'lines'
        ? await findLines(wanted, call, server)
        : await findWho(wanted, call, server)
    return { lines: found.lines.map(renderAuditLine), next: found.next }
  },

  auditCheck: async (call, { store }) => {
    checkWhole(personOf(call), 'the check of the whole audit')
    const { outcome, checked } = await checkChain(store)
    return { outcome, ...checked }
  },
} satisfies Handlers

async function findLines(
  { address, node, after, limit, waitMs }: LinesWanted,
  call: Call<'audit'>,
  { store, profile }: Server,
): Promise<Lines> {
  const about =
    node === undefined ? undefined : await store.read((reads) => aboutNode(reads, node, profile()))
  const filter = {
    ...onlySite(personOf(call)),
    ...(address !== undefined && { address }),
    ...(about !== undefined && { about }),
    ...(after !== undefined && { after }),
    limit,
  }
  return followLines(store, filter, { waitMs, signal: call.signal })
}

async function findWho(
  { kind: _, ...wanted }: WhoWanted,
  call: Call<'audit'>,
  { store, profile }: Server,
): Promise<Lines> {
  const asked = { ...wanted, ...onlySite(personOf(call)) }
  const find = isInner(profile(), wanted.address) ? whoHad : whoCameFrom
  const lines = await store.read((reads) => find(reads, asked))
  return { lines, next: lines.at(-1)?.sequence ?? 0 }
}

function isInner({ centre }: Profile, text: string): boolean {
  const address = parseAddress(text)
  const networks = listOf(centre.nodes).map(parseNetwork)
  return networks.some((one) => one && address && contains(one, address))
}

/** Portion by portion, so that others are answered meanwhile. */
async function checkChain(
  store: Store,
): Promise<{ outcome: 'whole' | 'broken'; checked: Pick<AuditRecord, 'sequence' | 'hash'> }> {
  let check = await store.read(({ audit }) => audit.verify())
  while (check.outcome === 'goes-on') {
    const { checked } = check
    check = await store.read(({ audit }) => audit.verify(checked))
  }
  return { outcome: check.outcome === 'complete' ? 'whole' : 'broken', checked: check.checked }
}
