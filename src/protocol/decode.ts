import type { ErrorObject } from 'ajv'
import { validatorOf } from './compiled.ts'
import { cleanLine } from './hostile.ts'
import { tidy } from './tidy.ts'

export type Decoded<T> = { value: T } | { fault: Fault }

/** The first thing that is wrong with a message. It never has the value, which may be secret or hostile. */
export interface Fault {
  /** A JSON pointer: /keys/csr */
  path: string
  what: string
}

/** Checks a message as JSON.parse gave it; what it gives, itself or a copy, holds nothing unknown or unclean. */
export function decode(schema: object, message: unknown): Decoded<unknown> {
  const validate = validatorOf(schema)
  return validate(message)
    ? { value: tidy(schema, message) }
    : { fault: faultOf(validate.errors?.[0]) }
}

const longestPath = 200

function faultOf(error: ErrorObject | undefined): Fault {
  if (error === undefined) return { path: '/', what: 'is wrong' }
  const { instancePath, params } = error
  const inside: unknown = params['missingProperty'] ?? params['additionalProperty']
  const whole = inside === undefined ? instancePath : `${instancePath}/${inside}`
  return { path: cleanLine(whole || '/').slice(0, longestPath), what: sentenceOf(error) }
}

function sentenceOf({ keyword, params, parentSchema }: ErrorObject): string {
  const noun: unknown = parentSchema?.['noun']
  const limit: unknown = params['limit']
  switch (keyword) {
    case 'required':
      return 'is missing'
    case 'additionalProperties':
      return 'is unknown here'
    case 'type':
      return `is not of type ${[params['type']].flat().join(' or ')}`
    case 'enum':
      return `is none of ${[params['allowedValues']].flat().join(', ')}`
    case 'maxLength':
      return `has more than ${limit} characters`
    case 'maxItems':
    case 'maxProperties':
      return `has more than ${limit} entries`
    case 'minItems':
      return `has less than ${limit} entries`
    case 'minimum':
      return `is below ${limit}`
    case 'maximum':
      return `is above ${limit}`
    case 'uniqueItems':
      return 'has an entry twice'
    default:
      return noun === undefined ? 'is not allowed here' : `is not ${noun}`
  }
}
