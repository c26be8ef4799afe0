import { Ajv, type ErrorObject } from 'ajv'
import { formats } from '../formats.ts'
import { centreSchema } from '../schema/centre.ts'
import { siteSchema } from '../schema/site.ts'

/** Fills the schema's defaults into the value, and gives what is wrong with its shape. */
export type Validator = (value: unknown) => readonly ErrorObject[]

export const validateCentre: Validator = compiledOnUse(centreSchema)
export const validateSite: Validator = compiledOnUse(siteSchema)

function compiledOnUse(schema: object): Validator {
  let validate: ReturnType<Ajv['compile']> | undefined
  return (value) => {
    validate ??= newAjv().compile(typed(schema) as object)
    return validate(value) ? [] : (validate.errors ?? [])
  }
}

function newAjv(): Ajv {
  return new Ajv({
    allErrors: true,
    verbose: true,
    messages: false,
    useDefaults: true,
    discriminator: true,
    strictTypes: false,
    validateSchema: false,
    formats: Object.fromEntries(
      Object.entries(formats).map(([name, { fault }]) => [name, without(fault)]),
    ),
    keywords: ['patternErrorMessage'],
  })
}

function without(fault: (text: string) => unknown): (text: string) => boolean {
  return (text) => fault(text) === undefined
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
