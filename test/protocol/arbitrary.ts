import fc, { type Arbitrary } from 'fast-check'

/** Any characters there are, and halves of some. */
export const anyText = fc
  .array(fc.nat(0x10ffff), { maxLength: 40 })
  .map((codes) => String.fromCodePoint(...codes))

/** Every value that a schema of the protocol describes. */
export function arbitraryOf(schema: object): Arbitrary<unknown> {
  const { type, enum: values, anyOf }: Schema = schema
  if (anyOf !== undefined) return fc.oneof(...anyOf.map(arbitraryOf))
  if (values !== undefined) return fc.constantFrom(...values)
  const types = [type ?? 'object'].flat()
  return fc.oneof(...types.map((one) => byType[one](schema)))
}

interface Schema {
  type?: Type | Type[]
  enum?: unknown[]
  anyOf?: object[]
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  items?: object
  properties?: Record<string, object>
  required?: string[]
}

type Type = keyof typeof byType

const byType = {
  null: () => fc.constant(null),
  boolean: () => fc.boolean(),
  integer: ({ minimum = 0, maximum = 0 }: Schema) =>
    fc.maxSafeInteger().map((n) => minimum + (Math.abs(n) % (maximum - minimum + 1))),
  string: textOf,
  array: listOf,
  object: objectOf,
}

const byFormat: Record<string, Arbitrary<string>> = {
  address: fc.oneof(fc.ipV4(), fc.ipV6()),
  network: fc.constantFrom('10.200.0.0/16', 'fd5a::/64', '0.0.0.0/0'),
  hostname: fc.domain(),
  'node-path': fc.webPath().map((path) => `/etc${path.replace(/\/+/g, '-')}x`),
  'wireguard-key': fc
    .uint8Array({ minLength: 31, maxLength: 31 })
    .map((bytes) => Buffer.from([...bytes, 0x42]).toString('base64')),
  'ssh-key': fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => {
    const start = Buffer.from('0000000b7373682d6564323535313900000020', 'hex')
    return `ssh-ed25519 ${Buffer.concat([start, bytes]).toString('base64')}`
  }),
}

function textOf({ format = '', pattern, maxLength = 0 }: Schema): Arbitrary<string> {
  const known = byFormat[format]
  if (known !== undefined) return known
  // Classes of Unicode are more than fast-check makes texts for.
  const plain = pattern?.replace('[^\\p{C}\\p{Zl}\\p{Zp}]', '[ -~]')
  if (plain === undefined) return anyText.filter((text) => [...text].length <= maxLength)
  return fc
    .stringMatching(new RegExp(plain))

    .filter((text) => text.length <= maxLength)
}

function listOf({
  items = {},
  minItems = 0,
  maxItems = 0,
  uniqueItems,
}: Schema): Arbitrary<unknown> {
  const length = { minLength: minItems, maxLength: Math.min(maxItems, minItems + 3) }
  const item = arbitraryOf(items)
  return uniqueItems ? fc.uniqueArray(item, length) : fc.array(item, length)
}

function objectOf({ properties = {}, required = [] }: Schema): Arbitrary<unknown> {
  const parts = Object.entries(properties).map(([key, part]) => [key, arbitraryOf(part)])
  const model: Record<string, Arbitrary<unknown>> = Object.fromEntries(parts)
  return fc.record(model, { requiredKeys: required, noNullPrototype: true })
}

/** The message with something else in one of its places. */
export function spoilt(message: unknown, junk: unknown, at: number): unknown {
  if (typeof message !== 'object' || message === null) return junk
  const keys = Object.keys(message)
  if (keys.length === 0) return junk
  const key = keys[at % keys.length] ?? ''
  const copy: Record<string, unknown> = { ...message }
  copy[key] = spoilt(copy[key], junk, at >> 3)
  return Array.isArray(message) ? Object.values(copy) : copy
}
