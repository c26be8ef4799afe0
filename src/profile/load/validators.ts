import type { ErrorObject, ValidateFunction } from 'ajv'
import { centreSchema } from '../schema/centre.ts'
import { siteSchema } from '../schema/site.ts'
import { compilable, newAjv } from './compile.ts'

/**
 * Fills the schema's defaults into a value, and gives what is wrong with its shape. Compiling takes longer than
 * all else in `dynfarm check`, so a build puts the module that scripts/validators.ts writes in this one's place.
 */
export type Validator = (value: unknown) => readonly ErrorObject[]

export const validateCentre: Validator = compiledOnUse(centreSchema)
export const validateSite: Validator = compiledOnUse(siteSchema)

function compiledOnUse(schema: object): Validator {
  let validate: ValidateFunction | undefined
  return (value) => {
    validate ??= newAjv().compile(compilable(schema))
    return validate(value) ? [] : (validate.errors ?? [])
  }
}
