import { expect, it } from 'vitest'
import { messages, schemasIn } from './schemas.ts'

const keywords = new Set([
  ...['type', 'title', 'description', 'noun', 'properties', 'required', 'items', 'anyOf', 'enum'],
  ...['pattern', 'format', 'hostile', 'maxLength', 'minItems', 'maxItems', 'uniqueItems'],
  ...['minimum', 'maximum', 'additionalProperties', 'tolerant', 'maxProperties'],
])

it.each(messages)('in a %s everything has an end', (_, message) => {
  for (const [path, schema] of schemasIn(message)) {
    expect(
      Object.keys(schema).filter((key) => !keywords.has(key)),
      path,
    ).toEqual([])
    expect(endOf(schema), path).toBe(true)
  }
})

it.each(messages.filter(([name]) => name.endsWith('request')))(
  'every text of a %s is of limited characters, or cleaned',
  (_, message) => {
    for (const [path, schema] of schemasIn(message)) {
      if (![schema['type']].flat().includes('string')) continue
      const limits = ['pattern', 'format', 'enum', 'hostile'].filter((key) => key in schema)
      if (path !== '/identity/proof/document') expect(limits, path).not.toEqual([])
    }
  },
)

function endOf(schema: Record<string, unknown>): boolean {
  const ends = {
    string: 'enum' in schema || Number.isInteger(schema['maxLength']),
    array: Number.isInteger(schema['maxItems']),
    integer: Number.isFinite(schema['maximum']) && Number.isFinite(schema['minimum']),
    object: schema['additionalProperties'] === false || 'maxProperties' in schema,
    boolean: true,
    null: true,
  }
  const types = [schema['type']].flat() as (keyof typeof ends)[]
  if ((schema['anyOf'] as unknown[]).length > 0) return true
  return types.length > 0 && types.every((type) => ends[type] === true)
}
