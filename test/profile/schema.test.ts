import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { renderSchemas } from '../../src/profile/schema/render.ts'

const folder = join(import.meta.dirname, '../../configs/schema')

it('configs/schema/ is what scripts/schema makes', () => {
  const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')])
  expect(Object.fromEntries(files)).toEqual(renderSchemas())
})

it('every union can be told apart by the type of its value', () => {
  for (const union of unionsIn(Object.values(renderSchemas()).map((text) => JSON.parse(text)))) {
    const types = union.map((branch) => (branch as { type?: unknown }).type)
    expect(types).not.toContain(undefined)
    expect(new Set(types).size).toBe(types.length)
  }
})

function unionsIn(schema: unknown): unknown[][] {
  if (typeof schema !== 'object' || schema === null) return []
  const own = 'anyOf' in schema && Array.isArray(schema.anyOf) ? [schema.anyOf] : []
  return [...own, ...Object.values(schema).flatMap(unionsIn)]
}
