import { centreConfig } from './centre-config.ts'
import { hubUse, limitUses, siteUse } from './limit-use.ts'
import {
  address,
  addresses,
  certificateId,
  count,
  flag,
  hostileLine,
  milliseconds,
  mtu,
  nodeName,
  orNull,
  partName,
  port,
  position,
  recordId,
  sha256,
  siteName,
  slot,
  sshKeys,
  strict,
  time,
  tolerant,
  wireguardKey,
} from './vocabulary.ts'

/** As many nodes as a centre can have. */
const maxNodes = 100_000

/** What hubs are told of a node, keep, and give back to a server whose store was restored. */
export const feedNode = {
  title: 'FeedNode',
  ...tolerant,
  required: [
    ...['id', 'role', 'site', 'class', 'name', 'slot', 'addresses', 'state', 'certificate'],
    ...['previousCertificate', 'publicKey', 'wireguardKey', 'sshHostKeys', 'created', 'freed'],
    'generation',
  ],
  properties: {
    id: recordId,
    role: { type: 'string', enum: ['node', 'job'] },
    site: siteName,
    class: orNull(partName),
    name: orNull(nodeName),
    slot: orNull(slot),
    addresses,
    state: {
      type: 'string',
      enum: [
        'pending',
        'joining',
        'ready',
        'failed',
        'quarantined',
        'revoked',
        'left',
        'forgotten',
      ],
    },
    certificate: orNull(certificateId),
    previousCertificate: orNull({
      ...certificateId,
      description: 'Lives until the newer one is first used.',
    }),
    publicKey: { ...sha256, description: "Of the certificate's public key." },
    wireguardKey: orNull(wireguardKey),
    sshHostKeys: sshKeys,
    created: time,
    freed: orNull(time),
    generation: count,
  },
} as const

/** A hub or a service host, as the others see it. */
const feedHost = {
  title: 'FeedHost',
  ...tolerant,
  required: ['id', 'role', 'name', 'certificate', 'previousCertificate', 'wireguardKey', 'revoked'],
  properties: {
    id: recordId,
    role: { type: 'string', enum: ['hub', 'service'] },
    name: partName,
    certificate: certificateId,
    previousCertificate: orNull(certificateId),
    wireguardKey: orNull(wireguardKey),
    revoked: orNull(time),
  },
} as const

/** A snapshot replaces all that the hub knew, but what is revoked there; a delta has what changed since. */
export const feed = {
  title: 'Feed',
  ...tolerant,
  required: ['kind', 'time', 'position', 'nodes', 'hosts', 'configHash', 'seed'],
  properties: {
    kind: { type: 'string', enum: ['snapshot', 'delta'] },
    time,
    position,
    nodes: { type: 'array', items: feedNode, maxItems: maxNodes },
    hosts: { type: 'array', items: feedHost, maxItems: 4096 },
    config: {
      ...centreConfig,
      description: 'In every snapshot, and in a delta when the host has another one.',
    },
    configHash: {
      ...sha256,
      description: 'Of the configuration in force, to be told when asking.',
    },
    seed: {
      ...flag,
      description:
        'The server asks for all that the hub knows: before it takes this in, it is to tell.',
    },
  },
} as const

export const feedQuery = {
  ...strict,
  properties: {
    since: { ...position, description: 'Where the hub is; without it, a snapshot.' },
    config: { ...sha256, description: 'The `configHash` of the configuration that the host has.' },
    wait: {
      type: 'string',
      pattern: '^[0-9]{1,2}$',
      maxLength: 2,
      description: 'Seconds to wait for a change: 0 when absent, 60 at most.',
    },
  },
} as const

const endpoint = {
  ...tolerant,
  required: ['address', 'port'],
  properties: { address, port },
} as const

const linkHealth = {
  title: 'LinkHealth',
  ...tolerant,
  required: ['peer', 'state'],
  properties: {
    peer: { ...partName, description: 'The service or the hub at the other end.' },
    state: { type: 'string', enum: ['up', 'down'] },
    since: time,
    roundTrip: milliseconds,
    mtu,
    problem: hostileLine,
  },
} as const

const nodeHealth = {
  title: 'NodeHealth',
  ...tolerant,
  required: ['node', 'state', 'at'],
  properties: {
    node: recordId,
    state: { type: 'string', enum: ['up', 'down'] },
    at: { ...time, description: 'When it was last heard of.' },
    rung: partName,
    outer: { ...endpoint, description: 'Where its tunnel comes from.' },
    rx: { ...count, description: 'Bytes towards the node.' },
    tx: { ...count, description: 'Bytes from the node.' },
    mtu,
    limits: {
      ...tolerant,
      description:
        'What it had of the limits of its site, or of the hub; left out where there are none.',
      properties: limitUses,
    },
  },
} as const

/** What is in force at a hub, and what it sees. Whatever is left out is as it was. */
export const hubReport = {
  title: 'HubReport',
  ...tolerant,
  required: ['time'],
  properties: {
    time,
    applied: {
      ...position,
      description: 'All of the feed up to here is in force: the acknowledgement.',
    },
    links: { type: 'array', items: linkHealth, maxItems: 4096 },
    nodes: { type: 'array', items: nodeHealth, maxItems: maxNodes },
    sites: {
      type: 'array',
      items: siteUse,
      maxItems: 1024,
      description: 'All sites with limits at this hub.',
    },
    hub: {
      ...hubUse,
      description:
        'Of the limits of the hub itself, told with `sites`; left out where it has none.',
    },
    revoked: {
      type: 'array',
      description: 'Nodes that were revoked at the hub itself.',
      items: recordId,
      maxItems: maxNodes,
    },
  },
} as const

export const hubReportAnswer = {
  title: 'HubReportAnswer',
  ...tolerant,
  required: ['time', 'position'],
  properties: { time, position },
} as const

/** All that a hub knows, for a store that may know less. */
export const hubSeed = {
  title: 'HubSeed',
  ...strict,
  required: ['position', 'nodes', 'revoked'],
  properties: {
    position: { ...position, description: 'In the epoch that the hub knew before.' },
    nodes: { type: 'array', items: feedNode, maxItems: maxNodes },
    revoked: { type: 'array', items: recordId, maxItems: maxNodes },
  },
} as const
