import type {
  AdminRecord,
  FeedNode,
  HostRecord,
  NodeBrief,
  NodeReach,
  NodeRecord,
  NodeSummary,
  ReleaseRecord,
  TokenRecord,
} from '../protocol/records.ts'
import { defineTable, type Fields } from './table.ts'

export const tokenTable = defineTable<TokenRecord>('tokens', {
  id: 'plain',
  secretHash: 'plain',
  role: 'plain',
  site: 'plain',
  class: 'plain',
  name: 'plain',
  uses: 'plain',
  used: 'plain',
  expires: 'plain',
  sources: 'json',
  slot: 'plain',
  created: 'plain',
  createdBy: 'plain',
  revoked: 'plain',
  closed: 'plain',
})

const feedFields: Fields<FeedNode> = {
  id: 'plain',
  role: 'plain',
  site: 'plain',
  class: 'plain',
  name: 'plain',
  slot: 'plain',
  addresses: 'json',
  state: 'plain',
  certificate: 'plain',
  previousCertificate: 'plain',
  publicKey: 'plain',
  wireguardKey: 'plain',
  sshHostKeys: 'json',
  created: 'plain',
  freed: 'plain',
  generation: 'plain',
}

const summaryFields: Fields<Omit<NodeSummary, 'lastSeen' | 'health'>> = {
  ...feedFields,
  changedSshHostKeys: 'json',
  machine: 'json',
  token: 'plain',
  joined: 'plain',
  reported: 'plain',
  report: 'json',
  refresh: 'plain',
}

const briefFields: Fields<Omit<NodeBrief, 'lastSeen' | 'health' | 'hostKeysChanged'>> = {
  id: 'plain',
  role: 'plain',
  site: 'plain',
  class: 'plain',
  name: 'plain',
  slot: 'plain',
  addresses: 'json',
  state: 'plain',
  token: 'plain',
  created: 'plain',
  joined: 'plain',
  reported: 'plain',
  report: 'json',
  freed: 'plain',
}

const reachFields: Fields<Omit<NodeReach, 'lastSeen' | 'health'>> = {
  id: 'plain',
  site: 'plain',
  class: 'plain',
  name: 'plain',
  addresses: 'json',
  state: 'plain',
  sshHostKeys: 'json',
  changedSshHostKeys: 'json',
  report: 'json',
}

export const nodeTable = defineTable<NodeRecord>('nodes', { ...summaryFields, facts: 'json' })
export const summaryTable = defineTable('nodes', summaryFields)
export const briefTable = defineTable('nodes', briefFields)
export const reachTable = defineTable('nodes', reachFields)
export const feedTable = defineTable<FeedNode>('nodes', feedFields)

/** Does a change of these fields concern the hubs? */
export function concernsHubs(change: object): boolean {
  return Object.keys(change).some((field) => field in feedFields)
}

export const hostTable = defineTable<HostRecord>('hosts', {
  id: 'plain',
  role: 'plain',
  name: 'plain',
  certificate: 'plain',
  previousCertificate: 'plain',
  certificatePem: 'plain',
  publicKey: 'plain',
  wireguardKey: 'plain',
  sshHostKeys: 'json',
  token: 'plain',
  facts: 'json',
  generation: 'plain',
  created: 'plain',
  revoked: 'plain',
  acknowledgedEpoch: 'plain',
  acknowledgedGeneration: 'plain',
  acknowledged: 'plain',
  seededEpoch: 'plain',
  health: 'json',
})

export const adminTable = defineTable<AdminRecord>('admins', {
  id: 'plain',
  name: 'plain',
  role: 'plain',
  site: 'plain',
  certificate: 'plain',
  created: 'plain',
  createdBy: 'plain',
  revoked: 'plain',
})

export const releaseTable = defineTable<ReleaseRecord>('releases', {
  version: 'plain',
  platform: 'plain',
  manifest: 'plain',
  signature: 'plain',
  hash: 'plain',
  size: 'plain',
  created: 'plain',
  createdBy: 'plain',
})
