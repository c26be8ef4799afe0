import { siteConfig } from './site-config.ts'
import { address, nodeName, port, sha256, tolerant } from './vocabulary.ts'

/*
 * What a node hears of its administrator about a relay, over ssh, and answers. A node may be of another version: what
 * it does not know it leaves out.
 */

const key = { type: 'string', pattern: '^[0-9a-f]{64}$', maxLength: 64, noun: 'a key' } as const
const seconds = { type: 'integer', minimum: 1, maximum: 86_400 } as const
const size = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const

/** Who may fetch what from this node. */
export const relayServe = {
  ...tolerant,
  required: ['siblings', 'files', 'idle'],
  properties: {
    siblings: {
      type: 'array',
      maxItems: 65_536,
      items: { ...tolerant, required: ['name', 'key'], properties: { name: nodeName, key } },
    },
    files: {
      type: 'array',
      maxItems: 1_000_000,
      items: {
        ...tolerant,
        required: ['hash', 'size', 'path'],
        properties: {
          ...{ hash: sha256, size },
          // The bytes of the path, which need not be UTF-8.
          path: { type: 'string', pattern: '^[A-Za-z0-9+/=]+$', maxLength: 8192 },
        },
      },
    },
    idle: { ...seconds, description: 'It ends when nobody has come for so long.' },
  },
} as const

/** Where this node serves. */
export const relayServing = {
  ...tolerant,
  required: ['address', 'port'],
  properties: { address, port },
} as const

/** From whom this node fetches, as whom, and within what time. */
export const relayFetch = {
  ...tolerant,
  required: ['name', 'key', 'address', 'port', 'seconds'],
  properties: { name: nodeName, key, address, port, seconds },
} as const

/** What of a kept join says where siblings reach each other. */
export const relayPlace = {
  ...tolerant,
  required: ['answer'],
  properties: {
    answer: {
      ...tolerant,
      properties: { site: { ...tolerant, properties: { relay: siteConfig.properties.relay } } },
    },
  },
} as const
