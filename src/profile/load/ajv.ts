import { Ajv, type CodeOptions } from 'ajv'
import { formatTests } from '../formats.ts'
import { centreSchema } from '../schema/centre.ts'
import { joinSchema } from '../schema/join.ts'
import { siteSchema } from '../schema/site.ts'

/** What ./compiled.ts compiles, by the name that it exports. */
export const schemas = {
  validateCentre: typed(centreSchema) as object,
  validateJoin: typed(joinSchema) as object,
  validateSite: typed(siteSchema) as object,
}

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
