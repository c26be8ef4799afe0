import {
  count,
  orNull,
  platform,
  sha256,
  signature,
  strict,
  time,
  tolerant,
  version,
} from './vocabulary.ts'

/** A text that the release key signed, as it was signed. */
export const statement = {
  title: 'Statement',
  ...tolerant,
  required: ['text', 'signature'],
  properties: {
    text: { type: 'string', pattern: '^\\{[ -~]*\\}$', maxLength: 4096, noun: 'a signed text' },
    signature,
  },
} as const

export const releaseAdd = {
  title: 'ReleaseAdd',
  ...strict,
  required: ['statement'],
  properties: { statement },
} as const

export const release = {
  title: 'Release',
  ...tolerant,
  required: ['version', 'platform', 'hash', 'size', 'created', 'stored'],
  properties: {
    version,
    platform,
    hash: sha256,
    size: count,
    created: time,
    stored: { type: 'boolean', description: 'Whether the executable is there too.' },
    expiry: orNull(time),
  },
} as const

export const releaseList = {
  title: 'ReleaseList',
  ...tolerant,
  required: ['releases'],
  properties: { releases: { type: 'array', items: release, maxItems: 4096 } },
} as const
