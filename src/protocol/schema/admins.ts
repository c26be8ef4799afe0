import {
  actor,
  certificate,
  csr,
  orNull,
  personName,
  recordId,
  sha256,
  siteName,
  strict,
  time,
  tolerant,
} from './vocabulary.ts'

const rank = { type: 'string', enum: ['viewer', 'operator', 'admin'] } as const

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
        required: ['id', 'name', 'rank', 'site', 'created', 'createdBy', 'revoked'],
        properties: {
          id: recordId,
          name: personName,
          rank,
          site: orNull(siteName),
          created: time,
          createdBy: actor,
          revoked: orNull(time),
        },
      },
    },
  },
} as const
