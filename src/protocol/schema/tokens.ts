import {
  actor,
  count,
  flag,
  networks,
  orNull,
  partName,
  siteName,
  slot,
  strict,
  time,
  token,
  tokenId,
  tolerant,
} from './vocabulary.ts'

const uses = { type: 'integer', minimum: 1, maximum: 100_000 } as const

/**
 * The administrators' requests are strict to the last field: a limit that an older server does not know must not
 * silently be none.
 *
 * A token is for machines of a site, or with role and name for one host of the centre.
 */
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
