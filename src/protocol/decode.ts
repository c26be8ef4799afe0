import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { formats } from './formats.ts'
import { cleanLine, cleanText } from './hostile.ts'

export type Decoded<T> = { value: T } | { fault: Fault }

/** The first thing that is wrong with a message. It never has the value, which may be secret or hostile. */
export interface Fault {
  /** A JSON pointer: /keys/csr */
  path: string
  what: string
}

/**
 * Checks a message as JSON.parse gave it, and changes it in place: unknown fields are dropped where they are
 * tolerated, hostile texts cleaned.
 */
export function decode(schema: object, value: unknown): Decoded<unknown> {
  const box = { value }
  const validate = validatorOf(schema)
  return validate(box) ? box : { fault: faultOf(validate.errors?.[0]) }
}

const validators = new WeakMap<object, ValidateFunction>()

/** Messages stand in a box, so that a keyword can also change a message that is one text. */
function validatorOf(schema: object): ValidateFunction {
  const known = validators.get(schema)
  if (known !== undefined) return known
  instance ??= createAjv()
  const validate = instance.compile({ type: 'object', properties: { value: schema } })
  validators.set(schema, validate)
  return validate
}

let instance: Ajv | undefined

/** The first error ends it: who sends many is not to cost more than who sends one. */
function createAjv(): Ajv {
  const ajv = new Ajv({
    verbose: true,
    messages: false,
    strictTypes: false,
    validateSchema: false,
    unicodeRegExp: true,
    formats: { ...formats },
    keywords: ['noun'],
  })
  const keyword = { modifying: true, errors: false } as const
  ajv.addKeyword({
    ...keyword,
    keyword: 'tolerant',
    type: 'object',
    before: 'additionalProperties',
    compile: (_, { properties }) => dropAllBut(new Set(Object.keys(properties))),
  })
  ajv.addKeyword({
    ...keyword,
    keyword: 'hostile',
    type: 'string',
    compile: (kind) => replaceBy(kind === 'line' ? cleanLine : cleanText),
  })
  return ajv
}

function dropAllBut(known: ReadonlySet<string>): (message: Record<string, unknown>) => boolean {
  return (message) => {
    for (const key of Object.keys(message).filter((one) => !known.has(one))) delete message[key]
    return true
  }
}

type Place = Parameters<ValidateFunction>[1]

function replaceBy(clean: (text: string) => string): (text: string, place?: Place) => boolean {
  return (text, place) => {
    if (place !== undefined) place.parentData[place.parentDataProperty] = clean(text)
    return true
  }
}

const longestPath = 200

function faultOf(error: ErrorObject | undefined): Fault {
  if (error === undefined) return { path: '/', what: 'is wrong' }
  const { instancePath, params } = error
  const inside: unknown = params['missingProperty'] ?? params['additionalProperty']
  const path = instancePath.slice('/value'.length)
  const whole = inside === undefined ? path : `${path}/${inside}`
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
