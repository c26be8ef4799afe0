/**
 * What the server's store keeps, as it crosses the store's border. Times are milliseconds since 1970;
 * null is "none" or "not yet". Ids are made by the server, at random, and never used again.
 */
export type Time = number
export type JsonObject = { readonly [key: string]: unknown }

/** Who takes a slot of a site. */
export type SlotRole = 'node' | 'job'
/** Who belongs to the centre itself. */
export type HostRole = 'hub' | 'service'

/** A place in the feed: generations count up within an epoch, with gaps; a restored store begins another epoch. */
export interface Position {
  readonly epoch: string
  readonly generation: number
}

export interface TokenRecord {
  readonly id: string
  readonly secretHash: string
  readonly role: SlotRole | HostRole
  readonly site: string | null
  readonly class: string | null
  readonly name: string | null
  readonly uses: number
  readonly used: number
  readonly expires: Time
  readonly sources: readonly string[]
  readonly slot: number | null
  readonly created: Time
  readonly createdBy: string
  readonly revoked: Time | null
  /** Closed because the store was restored from a backup, until an administrator opens it again. */
  readonly closed: Time | null
}

export type NodeState =
  | 'pending'
  | 'joining'
  | 'ready'
  | 'failed'
  | 'quarantined'
  | 'revoked'
  | 'left'
  | 'forgotten'

/** What tells one machine from another, to find clones. */
export interface MachineIdentity {
  readonly machineId: string | null
  readonly dmiUuid: string | null
  readonly instanceId: string | null
  /** The last boots, newest first: an older one that comes back is another machine that is alive. */
  readonly bootIds?: readonly string[]
  /** Whether a cloud signed for it; otherwise the machine claims it. */
  readonly isProved?: boolean
}

export interface NodeRecord {
  readonly id: string
  readonly role: SlotRole
  readonly site: string
  readonly class: string | null
  /** Name, slot and addresses come together; a pending node has none. */
  readonly name: string | null
  readonly slot: number | null
  readonly addresses: readonly string[]
  readonly state: NodeState
  /** The id of the newest certificate, and of the one before it until the newest is first used. */
  readonly certificate: string | null
  readonly previousCertificate: string | null
  /** SHA-256 of the public key that the certificate is for. */
  readonly publicKey: string
  /** No two nodes that live have the same one. */
  readonly wireguardKey: string | null
  readonly sshHostKeys: readonly string[]
  /** Host keys that differ from the accepted ones, until an administrator accepts them. */
  readonly changedSshHostKeys: readonly string[] | null
  readonly machine: MachineIdentity | null
  readonly token: string | null
  /** The generation of its last change that concerns hubs. */
  readonly generation: number
  readonly created: Time
  readonly joined: Time | null
  readonly reported: Time | null
  readonly report: JsonObject | null
  /** When an administrator asked that it joins again; its next report is told. */
  readonly refresh: Time | null
  /** When it gave up its slot, name and keys: it lives no more. */
  readonly freed: Time | null
  readonly facts: JsonObject
}

/** What hubs said of a node last: rung, outer address, bytes. */
export interface Sighting {
  readonly node: string
  readonly at: Time
  readonly health: JsonObject
}

/** A node as lists show it: without its facts, with its last sighting. */
export type NodeSummary = Omit<NodeRecord, 'facts'> & {
  readonly lastSeen: Time | null
  readonly health: JsonObject | null
}

/** What lists of very many nodes show: what is large is left out. */
export type NodeBrief = Omit<
  NodeSummary,
  | 'certificate'
  | 'previousCertificate'
  | 'publicKey'
  | 'wireguardKey'
  | 'sshHostKeys'
  | 'changedSshHostKeys'
  | 'machine'
  | 'refresh'
  | 'generation'
> & { readonly hostKeysChanged: boolean }

/** What it takes to log in on a node, and to choose it. */
export type NodeReach = Pick<
  NodeSummary,
  | 'id'
  | 'site'
  | 'class'
  | 'name'
  | 'addresses'
  | 'state'
  | 'sshHostKeys'
  | 'changedSshHostKeys'
  | 'report'
  | 'lastSeen'
  | 'health'
>

export interface HostRecord {
  readonly id: string
  readonly role: HostRole
  readonly name: string
  readonly certificate: string
  readonly previousCertificate: string | null
  /** The newest certificate itself, in PEM: nodes pin those of their hubs. */
  readonly certificatePem: string
  readonly publicKey: string
  readonly wireguardKey: string | null
  readonly sshHostKeys: readonly string[]
  readonly token: string | null
  readonly facts: JsonObject
  readonly generation: number
  readonly created: Time
  readonly revoked: Time | null
  /** What the hub said last that it has put in force. */
  readonly acknowledgedEpoch: string | null
  readonly acknowledgedGeneration: number | null
  readonly acknowledged: Time | null
  /** The epoch in which it has told the store all the nodes it knows, or in which it was made. */
  readonly seededEpoch: string
  /** What it said last of its links. */
  readonly health: JsonObject | null
}

/** What hubs are told of a node, keep, and give back to a store that was restored. */
export type FeedNode = Pick<
  NodeRecord,
  | 'id'
  | 'role'
  | 'site'
  | 'class'
  | 'name'
  | 'slot'
  | 'addresses'
  | 'state'
  | 'certificate'
  | 'previousCertificate'
  | 'publicKey'
  | 'wireguardKey'
  | 'sshHostKeys'
  | 'created'
  | 'freed'
  | 'generation'
>

export interface Feed {
  /** A snapshot has every node that lives, and replaces what the hub knew; a delta has what changed. */
  readonly kind: 'snapshot' | 'delta'
  readonly position: Position
  readonly nodes: readonly FeedNode[]
  readonly hosts: readonly HostRecord[]
}

export interface AdminRecord {
  readonly id: string
  readonly name: string
  readonly role: 'viewer' | 'operator' | 'admin'
  readonly site: string | null
  readonly certificate: string
  readonly created: Time
  readonly createdBy: string
  readonly revoked: Time | null
}

export interface ReleaseRecord {
  readonly version: string
  readonly platform: string
  /** The signed text, byte for byte. */
  readonly manifest: string
  readonly signature: string
  readonly hash: string
  readonly size: number
  readonly created: Time
  readonly createdBy: string
}

export interface AuditEntry {
  readonly time: Time
  readonly actor: string
  readonly action: string
  readonly subject: string | null
  readonly source: string | null
  readonly outcome: string
  /** Inner and outer addresses that this entry is about, by which it can be found. */
  readonly addresses: readonly string[]
  readonly detail: JsonObject
}

/** One link of the chain: its hash covers its own text and the hash before it. */
export interface AuditRecord extends AuditEntry {
  readonly sequence: number
  readonly previous: string
  readonly hash: string
}
