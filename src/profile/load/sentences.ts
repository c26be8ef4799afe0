import type { ErrorObject } from 'ajv'
import type { Finding } from '../finding.ts'
import { type Fault, type Format, type FormatName, formats } from '../formats.ts'
import { didYouMean, suggest } from '../suggest.ts'

export type Sentence = Omit<Finding, 'file'>
type Schema = Record<string, unknown>
/** How a scalar is written in the file. */
type Written = (path: readonly string[]) => string

/** What ajv found, as an administrator would say it. Errors that only repeat another say nothing. */
export function sentenceOf(error: ErrorObject, written: Written): Sentence[] {
  const write = Object.hasOwn(sentences, error.keyword) ? sentences[error.keyword] : undefined
  if (write === undefined) throw new Error(`no sentence for the schema keyword "${error.keyword}"`)
  return write(error, written)
}

/** Where an error is, the key included when it is the key that is wrong. */
export function pathOf(error: ErrorObject): string[] {
  const { propertyName } = error
  return [...containerOf(error), ...(propertyName === undefined ? [] : [propertyName])]
}

function containerOf(error: ErrorObject): string[] {
  const path = error.instancePath.split('/').slice(1)
  return path.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

const sentences: Readonly<Record<string, (error: ErrorObject, written: Written) => Sentence[]>> = {
  type: (error, written) => [at(error, wrongType(error, written))],
  required: missing,
  additionalProperties: (error) => [unknownKey(error)],
  propertyNames: () => [],
  if: () => [],
  enum: (error) => [at(error, notAmong(error.data, error.schema as string[]))],
  discriminator: wrongKind,
  pattern: (error) => [at(error, wrongPattern(error))],
  format: (error) => [at(error, wrongFormat(error))],
  minimum: (error) => [at(error, outOfRange(error))],
  maximum: (error) => [at(error, outOfRange(error))],
  minLength: (error) => [at(error, { what: 'the text is empty' })],
  maxLength: (error) => [at(error, tooLong(error))],
  minItems: (error) => [at(error, tooFew(error))],
  maxItems: (error) => [at(error, tooMany(error))],
  minProperties: (error) => [at(error, { what: 'the map is empty' })],
  uniqueItems: repeated,
}

function at(error: ErrorObject, fault: Fault): Sentence {
  const key = error.propertyName
  return { path: containerOf(error), ...(key !== undefined && { key }), ...fault }
}

/** A key that is there, but misspelt, is told of as unknown. */
function missing(error: ErrorObject): Sentence[] {
  const key = String(error.params['missingProperty'])
  const known = Object.keys(schemaOf(error)['properties'] ?? {})
  const unknown = Object.keys(error.data as object).filter((name) => !known.includes(name))
  if (known.length > 0 && unknown.some((name) => suggest(name, [key]) !== undefined)) return []
  return [{ path: containerOf(error), atKey: true, what: `"${key}" is missing` }]
}

function unknownKey(error: ErrorObject): Sentence {
  const key = String(error.params['additionalProperty'])
  const known = Object.keys(schemaOf(error)['properties'] ?? {})
  const list = known.length > 8 ? {} : { hint: `known are: ${known.join(', ')}` }
  const what = `unknown key ${found(key)}`
  return { path: containerOf(error), key, what, ...list, ...didYouMean(key, known) }
}

/** Without any kind, "required" says so. */
function wrongKind(error: ErrorObject): Sentence[] {
  const { tag, tagValue } = error.params
  if (tagValue === undefined) return []
  const branches = schemaOf(error)['oneOf'] as { properties: { kind: { const: string } } }[]
  const kinds = branches.map((branch) => branch.properties.kind.const)
  return [{ path: [...pathOf(error), String(tag)], ...notAmong(tagValue, kinds) }]
}

function notAmong(value: unknown, choices: readonly string[]): Fault {
  const [only, second] = choices
  if (second === undefined) return { what: `expected "${only}" or a list, found ${found(value)}` }
  const what = `${found(value)} is none of: ${choices.join(', ')}`
  return { what, ...(typeof value === 'string' ? didYouMean(value, choices) : {}) }
}

function wrongType(error: ErrorObject, written: Written): Fault {
  const schema = schemaOf(error)
  const what = `expected ${expectation(schema)}, found ${found(error.data)}`
  const hint = quoted(schema, written(pathOf(error))) ?? exampleOf(schema)
  return hint === undefined ? { what } : { what, hint }
}

/** Text that YAML takes for a number or a truth value: 0644, 9618, true. */
function quoted(schema: Schema, text: string): string | undefined {
  if (schema['type'] !== 'string' || text === '' || /["\\\n]/.test(text)) return undefined
  const fault = formatOf(schema['format'])?.fault(text)
  return fault === undefined ? `write it as "${text}"` : undefined
}

function exampleOf(schema: Schema): string | undefined {
  const [example] = Array.isArray(schema['examples']) ? schema['examples'] : []
  return example === undefined ? undefined : `like ${JSON.stringify(example)}`
}

function expectation(schema: Schema): string {
  const types = [schema['type']].flat().map(String)
  return types.map((type) => (type === 'string' ? textNoun(schema) : nouns[type])).join(' or ')
}

/** Of a union, the branch that takes text knows what text. */
function textNoun(schema: Schema): string {
  const branches = Array.isArray(schema['allOf']) ? schema['allOf'] : []
  const text = branches.map((branch) => branch.then).find((branch) => branch.type === 'string')
  const { format, enum: choices } = (text ?? schema) as { format?: string; enum?: string[] }
  return formatOf(format)?.noun ?? choices?.map((choice) => `"${choice}"`).join(' or ') ?? 'text'
}

const nouns: Readonly<Record<string, string>> = {
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
}

/** A value as a message shows it: short, and by its kind. */
function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a map'
  if (typeof value === 'number') return `the number ${value}`
  if (typeof value !== 'string') return String(value)
  return value.length > 60 ? `"${value.slice(0, 60)}…"` : `"${value}"`
}

function wrongPattern(error: ErrorObject): Fault {
  return { what: `${found(textOf(error))}: ${schemaOf(error)['patternErrorMessage']}` }
}

function wrongFormat(error: ErrorObject): Fault {
  const fault = formatOf(error.schema)?.fault(textOf(error))
  if (fault === undefined) throw new Error(`format "${error.schema}" found no fault after all`)
  return fault
}

function outOfRange(error: ErrorObject): Fault {
  const { minimum, maximum } = schemaOf(error)
  const range = maximum === undefined ? `${minimum} or more` : `${minimum} to ${maximum}`
  return { what: `${error.data} is out of range (${range})` }
}

function tooLong(error: ErrorObject): Fault {
  const text = textOf(error)
  return { what: `${found(text)} has ${text.length} characters, at most ${error.schema} fit` }
}

function tooFew(error: ErrorObject): Fault {
  const isEmpty = (error.data as unknown[]).length === 0
  return { what: isEmpty ? 'the list is empty' : `at least ${error.schema} entries are needed` }
}

function tooMany(error: ErrorObject): Fault {
  const { length } = error.data as unknown[]
  return { what: `the list has ${length} entries, at most ${error.schema} fit` }
}

/** ajv names one pair; here every later one is told. */
function repeated(error: ErrorObject): Sentence[] {
  const items = error.data as unknown[]
  const first = new Map([...items.entries()].reverse().map(([index, item]) => [item, index]))
  const later = [...items.entries()].filter(([index, item]) => first.get(item) !== index)
  return later.map(([index, item]) => {
    return { path: [...pathOf(error), String(index)], what: `${found(item)} is listed twice` }
  })
}

function schemaOf(error: ErrorObject): Schema {
  return error.parentSchema ?? {}
}

function formatOf(name: unknown): Format | undefined {
  return Object.hasOwn(formats, String(name)) ? formats[name as FormatName] : undefined
}

function textOf(error: ErrorObject): string {
  return error.propertyName ?? String(error.data)
}
