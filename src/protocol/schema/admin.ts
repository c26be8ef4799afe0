import { nodeSelf } from './config.ts'
import { feedNode } from './feed.ts'
import { report } from './join.ts'
import { facts, identity } from './machine.ts'
import {
  address,
  addresses,
  certificate,
  count,
  csr,
  flag,
  hostileLine,
  networks,
  nodeName,
  orNull,
  partName,
  personName,
  port,
  recordId,
  sha256,
  siteName,
  slot,
  sshKeys,
  strict,
  time,
  token,
  tokenId,
  tolerant,
} from './vocabulary.ts'

/**
 * The administrators' messages. Their requests are strict to the last field: a limit that an older server does not
 * know must not silently be none.
 */
const uses = { type: 'integer', minimum: 1, maximum: 100_000 } as const
const rank = { type: 'string', enum: ['viewer', 'operator', 'admin'] } as const
const actor = {
  ...hostileLine,
  description: 'Who did it: an administrator, or root on which host.',
} as const

/** For machines of a site, or with role and name for one host of the centre. */
export const tokenCreate = {
  title: 'TokenCreate',
  ...strict,
  required: ['role', 'uses', 'ttl'],
  properties: {
    role: { type: 'string', enum: ['node', 'job', 'hub', 'service'] },
    site: siteName,
    class: partName,
    name: partName,
    uses,
    ttl: { ...count, minimum: 1000, maximum: 3.2e11, description: 'Milliseconds.' },
    sources: networks,
    slot,
  },
} as const

const tokenFacts = {
  id: tokenId,
  role: tokenCreate.properties.role,
  site: orNull(siteName),
  class: orNull(partName),
  name: orNull(partName),
  uses,
  used: count,
  expires: time,
  sources: networks,
  slot: orNull(slot),
  created: time,
  createdBy: actor,
  revoked: orNull(time),
  closed: orNull({ ...time, description: 'Since the store was restored, until it is opened.' }),
} as const

export const tokenCreated = {
  title: 'TokenCreated',
  ...tolerant,
  required: ['id', 'token', 'expires'],
  properties: { id: tokenId, token: { ...token, description: 'Shown this once.' }, expires: time },
} as const

export const tokenList = {
  title: 'TokenList',
  ...tolerant,
  required: ['tokens'],
  properties: {
    tokens: {
      type: 'array',
      maxItems: 100_000,
      items: {
        title: 'Token',
        ...tolerant,
        required: ['id', 'role', 'uses', 'used', 'expires', 'created', 'createdBy'],
        properties: tokenFacts,
      },
    },
  },
} as const

export const tokenRevoke = {
  title: 'TokenRevoke',
  ...strict,
  properties: { withNodes: { ...flag, description: 'Revoke the nodes that came by it too.' } },
} as const

export const nodeQuery = {
  ...strict,
  properties: { site: siteName, state: feedNode.properties.state },
} as const

const nodeFacts = {
  ...feedNode.properties,
  token: orNull(tokenId),
  joined: orNull(time),
  reported: orNull(time),
  lastSeen: orNull(time),
  rung: orNull(partName),
  outer: orNull({ ...tolerant, properties: { address, port } }),
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
    facts,
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

export const done = {
  title: 'Done',
  ...tolerant,
  required: ['changed'],
  properties: {
    changed: { type: 'array', items: hostileLine, maxItems: 100_000, description: 'Names or ids.' },
  },
} as const

export const adminCreate = {
  title: 'AdminCreate',
  ...strict,
  required: ['name', 'rank', 'csr'],
  properties: { name: personName, rank, site: siteName, csr },
} as const

export const adminCreated = {
  title: 'AdminCreated',
  ...tolerant,
  required: ['id', 'certificate', 'pins'],
  properties: {
    id: recordId,
    certificate,
    pins: { type: 'array', items: sha256, minItems: 1, maxItems: 8 },
  },
} as const

export const adminList = {
  title: 'AdminList',
  ...tolerant,
  required: ['admins'],
  properties: {
    admins: {
      type: 'array',
      maxItems: 10_000,
      items: {
        title: 'Admin',
        ...tolerant,
        required: ['id', 'name', 'rank', 'site', 'created', 'createdBy', 'lastSeen', 'revoked'],
        properties: {
          id: recordId,
          name: personName,
          rank,
          site: orNull(siteName),
          created: time,
          createdBy: actor,
          lastSeen: orNull(time),
          revoked: orNull(time),
        },
      },
    },
  },
} as const

export const siteList = {
  title: 'SiteList',
  ...tolerant,
  required: ['sites'],
  properties: {
    sites: {
      type: 'array',
      maxItems: 1024,
      items: {
        title: 'Site',
        ...tolerant,
        required: ['site', 'nodes', 'slots', 'taken'],
        properties: {
          site: siteName,
          nodes: networks,
          slots: count,
          taken: count,
          ready: count,
          pending: count,
        },
      },
    },
  },
} as const

const digits = {
  type: 'string',
  pattern: '^[0-9]{1,16}$',
  maxLength: 16,
  noun: 'a number',
} as const

export const auditQuery = {
  ...strict,
  properties: {
    after: { ...digits, description: 'Only lines with a higher sequence number.' },
    limit: { ...digits, description: 'How many lines at most; 1000 when absent.' },
    wait: {
      ...digits,
      maxLength: 2,
      pattern: '^[0-9]{1,2}$',
      description: 'Seconds to wait for a line.',
    },
    address: { ...address, description: 'Inner or outer.' },
    at: { ...digits, description: 'Who had the address then: milliseconds since 1970.' },
    node: nodeName,
  },
} as const

/** An object of the server's own making; its shape depends on the action. */
const detail = {
  type: 'object',
  maxProperties: 64,
  description: 'What else there is to say.',
} as const

export const auditList = {
  title: 'AuditList',
  ...tolerant,
  required: ['lines', 'next'],
  properties: {
    lines: {
      type: 'array',
      maxItems: 10_000,
      items: {
        title: 'AuditLine',
        ...tolerant,
        required: ['sequence', 'time', 'actor', 'action', 'outcome', 'previous', 'hash'],
        properties: {
          sequence: count,
          time,
          actor,
          action: hostileLine,
          subject: orNull(hostileLine),
          source: orNull(hostileLine),
          outcome: hostileLine,
          addresses,
          detail,
          previous: sha256,
          hash: { ...sha256, description: 'Of this line and the hash before it.' },
        },
      },
    },
    next: { ...count, description: 'To be asked `after` of the next time.' },
  },
} as const

export const health = {
  title: 'Health',
  ...tolerant,
  required: ['ok', 'time'],
  properties: {
    ok: flag,
    time,
    problems: { type: 'array', items: hostileLine, maxItems: 100 },
  },
} as const
