import type { ErrorObject, ValidateFunction } from 'ajv'
import * as compiled from './compiled.ts'

/** Fills the schema's defaults into the value, and gives what is wrong with its shape. */
export type Validator = (value: unknown) => readonly ErrorObject[]

export const validateCentre = errorsOf(compiled.validateCentre)
export const validateJoin = errorsOf(compiled.validateJoin)
export const validateSite = errorsOf(compiled.validateSite)

function errorsOf(validate: ValidateFunction): Validator {
  return (value) => (validate(value) ? [] : (validate.errors ?? []))
}
