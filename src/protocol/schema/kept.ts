import { centreConfig } from './centre-config.ts'
import { feed } from './feed.ts'
import { joinAnswer, report } from './join.ts'
import { inventoryParts, remoteRun } from './remote.ts'
import {
  addresses,
  flag,
  nodeName,
  partName,
  position,
  recordId,
  sha256,
  time,
  tolerant,
} from './vocabulary.ts'

/*
 * What hosts keep on their disks of what was said, to be read again after a reboot. It is here with the messages
 * because it is made of them, and read with the same strictness.
 */

const text = { type: 'string', maxLength: 8192 } as const
const texts = { type: 'array', items: text, minItems: 1, maxItems: 64 } as const
const strictly = { type: 'object', additionalProperties: false } as const

/** A machine's own private keys. */
export const machineSecrets = {
  ...strictly,
  required: ['key', 'wireguard'],
  properties: {
    key: text,
    wireguard: {
      ...strictly,
      required: ['private', 'public'],
      properties: { private: text, public: text },
    },
  },
} as const

/** What a machine keeps of its join. */
export const keptJoin = {
  // A later version may have written it that did not do.
  ...tolerant,
  required: ['servers', 'pins', 'centre', 'releaseKey', 'answer', 'files', 'problems'],
  properties: {
    ...{ servers: texts, proxy: text, pins: texts, centre: text, releaseKey: text },
    answer: joinAnswer,
    files: { type: 'array', items: text, maxItems: 65_536 },
    problems: report.properties.problems,
    config: centreConfig,
    standing: {
      ...strictly,
      required: ['rung', 'mtu'],
      properties: { rung: text, mtu: { type: 'integer' } },
    },
    hello: { type: 'integer' },
    clock: time,
  },
} as const

/** What a machine keeps of the releases that it was offered. */
export const keptUpdate = {
  ...tolerant,
  required: ['offer', 'update', 'isFinal'],
  properties: { offer: text, update: report.properties.update, isFinal: flag, newest: time },
} as const

/** What is heard of a join that another version did. */
export const joinedByAnother = {
  ...tolerant,
  required: ['state', 'name', 'addresses'],
  properties: {
    state: { type: 'string', enum: ['ready'] },
    ...{ name: nodeName, addresses, rung: partName },
  },
} as const

/** What a hub keeps of the feed. */
export const hubKnown = {
  type: 'object',
  required: ['nodes', 'hosts'],
  properties: {
    position,
    config: centreConfig,
    configHash: sha256,
    nodes: feed.properties.nodes,
    hosts: feed.properties.hosts,
  },
} as const

/** Whom a hub revoked by itself. */
export const hubRevoked = { type: 'array', items: recordId } as const

const whole = { type: 'integer', minimum: 0 } as const
/** Where a hub's nodes are, and what the host forwarded before. */
export const hubSeats = {
  type: 'object',
  required: ['seats'],
  properties: {
    seats: {
      type: 'array',
      items: {
        type: 'object',
        required: ['node', 'rung', 'at'],
        properties: {
          node: recordId,
          rung: partName,
          mtu: whole,
          at: whole,
          hello: {
            type: 'object',
            required: ['count', 'at'],
            properties: { count: whole, at: whole },
          },
        },
      },
    },
    closed: {
      type: 'object',
      required: ['boot', 'ipv4', 'ipv6'],
      properties: {
        boot: { type: 'string' },
        ipv4: { type: 'array', items: { type: 'string' } },
        ipv6: { type: 'boolean' },
      },
    },
  },
} as const

/** Who a hub is. */
export const hubIdentity = {
  type: 'object',
  required: ['urls', 'pins', 'key', 'wireguard'],
  properties: {
    urls: texts,
    pins: texts,
    key: text,
    wireguard: {
      type: 'object',
      required: ['private', 'public'],
      properties: { private: text, public: text },
    },
    role: { type: 'string', enum: ['hub', 'service'] },
    ...{ name: text, id: text, centre: text, certificate: text, nodeAuthority: text },
    releaseKey: text,
    machine: text,
  },
} as const

/** The nodes as `remote` keeps them. */
export const inventory = {
  title: 'Inventory',
  ...tolerant,
  required: ['nodes', 'takenAt'],
  properties: {
    takenAt: time,
    tag: sha256,
    ...inventoryParts,
  },
} as const

/** A command that is run or was, as it is kept until the server has it. */
export const keptRun = {
  ...strictly,
  required: ['run', 'process', 'born'],
  properties: {
    run: remoteRun,
    process: { ...whole, description: 'Who runs it.' },
    born: { ...text, description: 'Since when that process lives, by the kernel.' },
  },
} as const
