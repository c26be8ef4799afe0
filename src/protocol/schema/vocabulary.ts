/**
 * The words that messages are made of. `noun` says what a text should have been; `format` is checked by
 * src/protocol/formats.ts. Every text and every list has an end: test/protocol/bounds.test.ts holds that.
 *
 * Two keywords are ours. `tolerant: true` stands beside `additionalProperties: false`: fields that this version does
 * not know are dropped instead of refused. `hostile: 'line' | 'text'` lets a text hold anything and cleans it.
 *
 * The protocol's own fields are written like this: sshHostKeys. What comes from the configuration keeps its spelling
 * there: from-nodes.
 */

export const tolerant = { type: 'object', additionalProperties: false, tolerant: true } as const
export const strict = { type: 'object', additionalProperties: false } as const

export const flag = { type: 'boolean' } as const
export const count = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const
export const slot = { type: 'integer', minimum: 1, maximum: 0xffff_ffff } as const
export const port = { type: 'integer', minimum: 1, maximum: 65_535 } as const
export const mtu = { type: 'integer', minimum: 576, maximum: 65_535 } as const
export const milliseconds = { type: 'integer', minimum: 0, maximum: 86_400_000 } as const
/** Milliseconds since 1970, everywhere. */
export const time = { type: 'integer', minimum: 0, maximum: 8.64e15 } as const

/** A part of the configuration: a hub, a tunnel, a service, a class. */
export const partName = {
  type: 'string',
  pattern: '^[a-z](-?[a-z0-9])*$',
  maxLength: 11,
  noun: 'a name in lower case',
} as const
export const siteName = {
  type: 'string',
  pattern: '^[a-z][a-z0-9]*$',
  maxLength: 12,
  noun: 'the name of a site',
} as const
export const nodeName = {
  type: 'string',
  pattern: '^[a-z][a-z0-9]*-(job-)?[1-9][0-9]*$',
  maxLength: 27,
  noun: 'the name of a node, as aruba-7',
} as const
export const personName = {
  type: 'string',
  pattern: '^[a-z_][a-z0-9_.-]*$',
  maxLength: 32,
  noun: 'a name in lower case',
} as const
export const hostName = {
  type: 'string',
  format: 'hostname',
  maxLength: 253,
  noun: 'a host name',
} as const

export const address = {
  type: 'string',
  format: 'address',
  maxLength: 45,
  noun: 'an address',
} as const
export const addresses = { type: 'array', items: address, maxItems: 64 } as const
export const network = {
  type: 'string',
  format: 'network',
  maxLength: 49,
  noun: 'a network',
} as const
export const networks = { type: 'array', items: network, maxItems: 64 } as const

export const version = {
  type: 'string',
  pattern: '^[0-9]{1,9}\\.[0-9]{1,9}\\.[0-9]{1,9}(-[0-9A-Za-z.-]+)?$',
  maxLength: 64,
  noun: 'a version like 1.2.3',
} as const
export const platform = {
  type: 'string',
  pattern: '^[a-z0-9]{1,16}-[a-z0-9]{1,16}$',
  maxLength: 33,
  noun: 'a platform like linux-x64',
} as const

export const token = {
  type: 'string',
  pattern: '^dft[0-9A-Za-z]{103}$',
  maxLength: 106,
  noun: 'a token',
} as const
export const tokenId = {
  type: 'string',
  pattern: '^[0-9A-Za-z]{11}$',
  maxLength: 11,
  noun: 'the id of a token',
} as const
/** Of a node, a host or an administrator in the store. */
export const recordId = {
  type: 'string',
  pattern: '^[0-9A-Za-z_-]+$',
  maxLength: 64,
  noun: 'an id',
} as const
export const certificateId = {
  type: 'string',
  pattern: '^[4-7][0-9a-f]{31}$',
  maxLength: 32,
  noun: 'the id of a certificate',
} as const
export const sha256 = {
  type: 'string',
  pattern: '^[0-9a-f]{64}$',
  maxLength: 64,
  noun: 'a SHA-256 in hexadecimal',
} as const
/** EPOCH.GENERATION */
export const position = {
  type: 'string',
  pattern: '^[0-9A-Za-z_-]{1,64}\\.(0|[1-9][0-9]{0,14})$',
  maxLength: 80,
  noun: 'a position like EPOCH.GENERATION',
} as const

const base64 = '^[A-Za-z0-9+/]*={0,2}$'
export const csr = {
  type: 'string',
  pattern: base64,
  maxLength: 2732,
  noun: 'a certificate request in base64',
} as const
export const wireguardKey = {
  type: 'string',
  format: 'wireguard-key',
  maxLength: 44,
  noun: 'a WireGuard public key',
} as const
export const sshKey = {
  type: 'string',
  format: 'ssh-key',
  maxLength: 3072,
  noun: 'an OpenSSH public key without a comment',
} as const
export const sshKeys = { type: 'array', items: sshKey, maxItems: 8, uniqueItems: true } as const
export const certificate = {
  type: 'string',
  pattern: '^-----BEGIN CERTIFICATE-----\\n[A-Za-z0-9+/=\\n]+\\n-----END CERTIFICATE-----\\n$',
  maxLength: 4096,
  noun: 'a certificate in PEM',
} as const
export const publicKey = {
  type: 'string',
  pattern: '^-----BEGIN PUBLIC KEY-----\\n[A-Za-z0-9+/=\\n]+\\n-----END PUBLIC KEY-----\\n$',
  maxLength: 1024,
  noun: 'a public key in PEM',
} as const
export const signature = {
  type: 'string',
  pattern: '^[A-Za-z0-9+/]{86}==$',
  maxLength: 88,
  noun: 'a signature in base64',
} as const

/** What templates, pages and files may carry as it is: no spaces, quotes, braces or markup. */
export const fact = {
  type: 'string',
  pattern: '^[A-Za-z0-9._:/@+=-]*$',
  maxLength: 255,
  noun: 'a fact of letters, digits and ._:/@+=-',
} as const

/** One line without control characters, from an administrator's hand. */
export const line = {
  type: 'string',
  pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]*$',
  maxLength: 255,
  noun: 'one line of text',
} as const
export const hostileLine = { type: 'string', hostile: 'line', maxLength: 255 } as const
export const hostileText = { type: 'string', hostile: 'text', maxLength: 2048 } as const

export const actor = {
  ...hostileLine,
  description: 'Who did it: an administrator, or root on which host.',
} as const

/** The same schema, or null. */
export function orNull<const S extends { readonly type: string }>(
  schema: S,
): Omit<S, 'type'> & { readonly type: readonly [S['type'], 'null'] } {
  return { ...schema, type: [schema.type, 'null'] }
}
