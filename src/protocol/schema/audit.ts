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
