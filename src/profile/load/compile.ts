import { Ajv, type CodeOptions } from 'ajv'
import { formatTests } from '../formats.ts'

/** An ajv that knows the words of src/profile/schema; `code` says how it writes what it compiles. */
export function newAjv(code: CodeOptions = {}): Ajv {
  return new Ajv({
    allErrors: true,
    verbose: true,
    messages: false,
    useDefaults: true,
    discriminator: true,
    strictTypes: false,
    validateSchema: false,
    formats: formatTests,
    keywords: ['patternErrorMessage'],
    code,
  })
}

/**
 * Each branch of an `anyOf` has a JSON type of its own (src/profile/schema/vocabulary.ts), so the value's type
 * says which one is meant, and only that one's errors are told.
 */
export function compilable(schema: object): object {
  return typed(schema) as object
}

function typed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(typed)
  if (typeof schema !== 'object' || schema === null) return schema
  const { anyOf, ...rest } = Object.fromEntries(
    Object.entries(schema).map(([key, part]) => [key, typed(part)]),
  )
  return Array.isArray(anyOf) ? { ...rest, ...chosenByType(anyOf) } : rest
}

function chosenByType(branches: readonly { type: string }[]): object {
  return {
    type: branches.map((branch) => branch.type),
    // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
    allOf: branches.map((branch) => ({ if: { type: branch.type }, then: branch })),
  }
}
