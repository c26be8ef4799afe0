import { feedNode } from './feed.ts'
import {
  actor,
  addresses,
  count,
  hostileLine,
  hostileText,
  milliseconds,
  nodeName,
  orNull,
  partName,
  port,
  recordId,
  sha256,
  siteName,
  sshKeys,
  strict,
  time,
  tolerant,
} from './vocabulary.ts'

/** What `remote` is to know of a node. */
const inventoryNode = {
  title: 'InventoryNode',
  ...tolerant,
  required: ['name', 'site', 'state', 'addresses', 'hostKeys', 'labels'],
  properties: {
    name: nodeName,
    site: siteName,
    class: orNull(partName),
    state: feedNode.properties.state,
    addresses,
    port: { ...port, description: 'Of its sshd, where it is not 22.' },
    hostKeys: sshKeys,
    changedHostKeys: orNull(sshKeys),
    labels: { type: 'object', maxProperties: 64, additionalProperties: hostileLine },
    rung: orNull(hostileLine),
    lastSeen: orNull(time),
    version: orNull(hostileLine),
  },
} as const

const inventoryHub = {
  title: 'InventoryHub',
  ...tolerant,
  required: ['name', 'addresses', 'hostKeys'],
  properties: { name: partName, addresses, hostKeys: sshKeys },
} as const

export const inventoryParts = {
  rank: {
    type: 'string',
    enum: ['viewer', 'operator', 'admin'],
    description: 'Of who asked: running commands is for operators.',
  },
  nodes: { type: 'array', maxItems: 100_000, items: inventoryNode },
  hubs: { type: 'array', maxItems: 4096, items: inventoryHub },
} as const

export const inventoryQuery = {
  ...strict,
  properties: {
    known: { ...sha256, description: 'The `tag` of what the caller has: nodes come if it is old.' },
  },
} as const

export const inventoryAnswer = {
  title: 'InventoryAnswer',
  ...tolerant,
  required: ['time', 'tag', 'rank'],
  properties: {
    time,
    tag: { ...sha256, description: 'Of everything but rung, last sight and version.' },
    ...inventoryParts,
  },
} as const

export const hostClass = {
  type: 'string',
  enum: [
    ...['ok', 'failed', 'timeout', 'unreachable', 'refused'],
    ...['hostkey', 'lost', 'killed', 'skipped'],
  ],
} as const

const foldedNodes = { ...hostileText, description: 'A node set, which may end in "…".' } as const

/** What was run on nodes, for the audit. */
export const remoteRun = {
  title: 'RemoteRun',
  ...strict,
  required: ['id', 'began', 'kind', 'command', 'login', 'nodes', 'count', 'by', 'outcome', 'ended'],
  properties: {
    id: { ...recordId, description: 'Of this run; a second one of the same id is not recorded.' },
    began: time,
    lasted: milliseconds,
    kind: { type: 'string', enum: ['exec', 'shell', 'put', 'get'] },
    command: { type: 'array', items: hostileText, maxItems: 64 },
    login: { ...hostileLine, description: 'The account on the nodes.' },
    nodes: foldedNodes,
    count: { ...count, description: 'How many nodes.' },
    by: { ...actor, description: 'Who, as the host that ran it has them.' },
    outcome: {
      type: 'string',
      enum: ['done', 'failed', 'interrupted', 'unknown'],
      description: 'unknown: whoever ran it ended before it did.',
    },
    ended: {
      type: 'array',
      maxItems: 9,
      items: {
        ...strict,
        required: ['class', 'count', 'nodes'],
        properties: { class: hostClass, count, nodes: foldedNodes },
      },
    },
  },
} as const

export const remoteRuns = {
  title: 'RemoteRuns',
  ...strict,
  required: ['runs'],
  properties: { runs: { type: 'array', maxItems: 32, items: remoteRun } },
} as const
