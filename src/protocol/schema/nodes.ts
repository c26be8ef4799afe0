import { feedNode } from './feed.ts'
import { report } from './join.ts'
import { limitUses } from './limit-use.ts'
import { facts, identity } from './machine.ts'
import { nodeSelf } from './reach.ts'
import {
  actor,
  address,
  count,
  flag,
  hostileLine,
  mtu,
  orNull,
  partName,
  port,
  siteName,
  sshKeys,
  strict,
  time,
  tokenId,
  tolerant,
} from './vocabulary.ts'

export const nodeQuery = {
  ...strict,
  properties: {
    site: siteName,
    state: feedNode.properties.state,
    keys: { type: 'string', enum: ['ssh'], description: 'With their keys, of ssh and others.' },
  },
} as const

const nodeFacts = {
  ...feedNode.properties,
  token: orNull(tokenId),
  joined: orNull(time),
  reported: orNull(time),
  lastSeen: orNull(time),
  rung: orNull(partName),
  outer: orNull({ ...tolerant, properties: { address, port } }),
  tunnel: orNull({
    ...tolerant,
    description: 'As a hub sees it: rx towards the node, tx from it, in bytes of this session.',
    properties: {
      hub: partName,
      state: { type: 'string', enum: ['up', 'down'] },
      ...{ mtu, rx: count, tx: count },
    },
  }),
  limits: orNull({
    ...tolerant,
    description: 'What it had of the limits of its site, or of its hub, there.',
    properties: limitUses,
  }),
  held: orNull({
    ...hostileLine,
    description: 'It is held back at its hub: why the limits of its site do not stand there.',
  }),
  placeGone: orNull({
    ...hostileLine,
    description:
      'It reaches no service: which of its site, class and slot is in the profile no more.',
  }),
  version: orNull(report.properties.version),
  hostKeysChanged: { ...flag, description: 'Its ssh host keys are not those that were accepted.' },
} as const

export const nodeList = {
  title: 'NodeList',
  ...tolerant,
  required: ['nodes'],
  properties: {
    nodes: {
      type: 'array',
      maxItems: 100_000,
      items: {
        title: 'NodeSummary',
        ...tolerant,
        required: ['id', 'role', 'site', 'name', 'state', 'addresses'],
        properties: nodeFacts,
      },
    },
  },
} as const

export const node = {
  title: 'Node',
  ...tolerant,
  required: ['id', 'role', 'site', 'name', 'state', 'addresses', 'facts', 'identity'],
  properties: {
    ...nodeFacts,
    fqdn: orNull(nodeSelf.properties.fqdn),
    facts: { ...facts, title: 'KnownFacts', required: [] },
    identity: { ...identity, ...tolerant, title: 'KnownIdentity' },
    isProved: { ...flag, description: 'Whether a cloud signed for the identity.' },
    changedSshHostKeys: orNull(sshKeys),
    report,
    tokenCreatedBy: orNull(actor),
  },
} as const

export const nodeRevoke = {
  title: 'NodeRevoke',
  ...strict,
  properties: { quarantine: { ...flag, description: 'Leave only ssh from the hub.' } },
} as const
