import type { AuditEntry, FeedNode, NodeRecord } from '../../src/protocol/records.ts'
import type { Store } from '../../src/store/store.ts'
import type { Tx } from '../../src/store/tx.ts'

/** Records for tests, of which each test says only what it is about. */

type NewToken = Parameters<Tx['tokens']['insert']>[0]
type NewNode = Parameters<Tx['nodes']['insert']>[0]
type NewHost = Parameters<Tx['hosts']['insert']>[0]

export function makeToken(token: Partial<NewToken> = {}): NewToken {
  return {
    id: 't1',
    secretHash: 'hash',
    role: 'node',
    site: 'aruba',
    class: 'worker',
    name: null,
    uses: 1,
    expires: 1_000_000,
    sources: ['198.51.100.0/24'],
    slot: null,
    created: 1,
    createdBy: 'anna',
    ...token,
  }
}

export function makeNode(node: Partial<NewNode> & { id: string }): NewNode {
  const { slot = 1, site = 'aruba' } = node
  return {
    role: 'node',
    site,
    class: 'worker',
    name: slot === null ? null : `${site}-${slot}`,
    slot,
    addresses: slot === null ? [] : [`10.200.1.${slot}`],
    state: 'joining',
    certificate: `certificate-${node.id}`,
    previousCertificate: null,
    publicKey: `key-${node.id}`,
    wireguardKey: `wg-${node.id}`,
    sshHostKeys: ['ssh-ed25519 AAAA'],
    changedSshHostKeys: null,
    machine: { machineId: 'm', dmiUuid: null, instanceId: 'i-1' },
    token: 't1',
    created: 10,
    joined: null,
    reported: null,
    report: null,
    refresh: null,
    facts: { hostname: 'vm-1', cpus: 4 },
    ...node,
  }
}

export function makeHost(host: Partial<NewHost> & { id: string }): NewHost {
  return {
    role: 'hub',
    name: host.id,
    certificate: `certificate-${host.id}`,
    previousCertificate: null,
    certificatePem: `pem-${host.id}`,
    publicKey: `key-${host.id}`,
    wireguardKey: `wg-${host.id}`,
    sshHostKeys: [],
    token: null,
    facts: {},
    created: 5,
    ...host,
  }
}

export function makeEntry(entry: Partial<AuditEntry> = {}): AuditEntry {
  return {
    time: 100,
    actor: 'server',
    action: 'join',
    subject: 'n1',
    source: '198.51.100.7',
    outcome: 'ok',
    addresses: [],
    detail: {},
    ...entry,
  }
}

export interface Joining {
  readonly id: string
  readonly token?: string
  readonly site?: string
  readonly at?: number
  readonly count?: number
}

/** What a server does when a machine joins, in short. */
export async function join(
  tx: Tx,
  { id, token = 't1', site = 'aruba', at = 10, count = 250 }: Joining,
): Promise<number | string> {
  if (!(await tx.tokens.countUse(token))) return 'no use left'
  const answer = await tx.nodes.freeSlot({ site, role: 'node', count, at })
  if ('refused' in answer) throw new Error(answer.refused)
  await tx.nodes.insert(makeNode({ id, site, slot: answer.slot, token, created: at }))
  await tx.audit.append(makeEntry({ time: at, subject: id, detail: { slot: answer.slot } }))
  return answer.slot
}

export async function insertNodes(
  store: Store,
  ...nodes: (Partial<NewNode> & { id: string })[]
): Promise<void> {
  await store.write(async (tx) => {
    for (const node of nodes) await tx.nodes.insert(makeNode(node))
  })
}

export function nodeById(store: Store, id: string): Promise<NodeRecord | undefined> {
  return store.read((reads) => reads.nodes.byId(id))
}

/** What a hub knows after a feed, given what it knew. */
export function follow(
  known: ReadonlyMap<string, FeedNode>,
  { kind, nodes }: { kind: string; nodes: readonly FeedNode[] },
): Map<string, FeedNode> {
  const after = new Map(kind === 'snapshot' ? [] : known)
  for (const node of nodes) {
    if (node.freed === null) after.set(node.id, node)
    else after.delete(node.id)
  }
  return after
}
