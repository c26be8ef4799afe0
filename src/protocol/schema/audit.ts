import {
  actor,
  address,
  addresses,
  count,
  hostileLine,
  nodeName,
  orNull,
  sha256,
  strict,
  time,
  tolerant,
} from './vocabulary.ts'

const digits = {
  type: 'string',
  pattern: '^[0-9]{1,16}$',
  maxLength: 16,
  noun: 'a number',
} as const

export const auditQuery = {
  ...strict,
  properties: {
    after: {
      ...digits,
      description: 'Only lines with a higher sequence number; when absent, the newest.',
    },
    limit: { ...digits, description: 'How many lines at most; 1000 when absent.' },
    wait: {
      ...digits,
      maxLength: 2,
      pattern: '^[0-9]{1,2}$',
      description: 'Seconds to wait for a line.',
    },
    address: { ...address, description: 'Inner or outer.' },
    port: {
      ...digits,
      maxLength: 5,
      pattern: '^[0-9]{1,5}$',
      description: 'Of the outer address.',
    },
    at: {
      ...digits,
      description:
        'Who had the address then (milliseconds since 1970): of an inner one, the first and the last line of that node up to then; of an outer one, by which tunnel each node was there.',
    },
    node: nodeName,
  },
} as const

/** An object of the server's own making; its shape depends on the action. */
const detail = {
  type: 'object',
  maxProperties: 64,
  description: 'What else there is to say.',
} as const

export const auditCheck = {
  title: 'AuditCheck',
  ...tolerant,
  required: ['outcome', 'sequence', 'hash'],
  properties: {
    outcome: { type: 'string', enum: ['whole', 'broken'] },
    sequence: { ...count, description: 'Of the last line that is as it was written.' },
    hash: {
      ...sha256,
      pattern: '^([0-9a-f]{64})?$',
      description: 'Its hash, worth keeping elsewhere: a chain that lost its end is whole.',
    },
  },
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
          previous: { ...sha256, pattern: '^([0-9a-f]{64})?$', description: 'Empty at the first.' },
          hash: { ...sha256, description: 'Of this line and the hash before it.' },
        },
      },
    },
    next: { ...count, description: 'To be asked `after` of the next time.' },
  },
} as const
