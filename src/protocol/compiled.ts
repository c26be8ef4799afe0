import type { Ajv, ValidateFunction } from 'ajv'
import { newAjv, opened } from './ajv.ts'

const validators = new WeakMap<object, ValidateFunction>()
let ajv: Ajv | undefined

/**
 * Compiling takes long and most processes need few messages, so it is done when one is first met. The build does it
 * for all of them, and puts what comes of it in the place of this file.
 */
export function validatorOf(schema: object): ValidateFunction {
  const known = validators.get(schema)
  if (known !== undefined) return known
  ajv ??= newAjv()
  const validate = ajv.compile(opened(schema) as object)
  validators.set(schema, validate)
  return validate
}
