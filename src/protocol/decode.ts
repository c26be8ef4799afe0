import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { formats } from './formats.ts'
import { cleanLine } from './hostile.ts'
import { isObject } from './publish.ts'
import { tidy } from './tidy.ts'

export type Decoded<T> = { value: T } | { fault: Fault }

/** The first thing that is wrong with a message. It never has the value, which may be secret or hostile. */
export interface Fault {
  /** A JSON pointer: /keys/csr */
  path: string
  what: string
}

/** Checks a message as JSON.parse gave it; what it gives is a copy that holds nothing unknown or unclean. */
export function decode(schema: object, message: unknown): Decoded<unknown> {
  const validate = validatorOf(schema)
  return validate(message)
    ? { value: tidy(schema, message) }
    : { fault: faultOf(validate.errors?.[0]) }
}

const validators = new WeakMap<object, ValidateFunction>()
let ajv: Ajv | undefined

/** Compiling takes long and most processes need few messages, so each is compiled when it is first met. */
function validatorOf(schema: object): ValidateFunction {
  const known = validators.get(schema)
  if (known !== undefined) return known
  ajv ??= newAjv()
  const validate = ajv.compile(opened(schema) as object)
  validators.set(schema, validate)
  return validate
}

/** The first error ends it: who sends many is not to cost more than who sends one. */
function newAjv(): Ajv {
  return new Ajv({
    verbose: true,
    messages: false,
    strictTypes: false,
    validateSchema: false,
    unicodeRegExp: true,
    formats: { ...formats },
    keywords: ['noun', 'hostile'],
  })
}

/** Tolerant objects are closed for the types' sake only. */
function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened)
  if (!isObject(schema)) return schema
  const { tolerant, ...rest } = schema
  if (tolerant === true) delete rest['additionalProperties']
  return Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, opened(part)]))
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
