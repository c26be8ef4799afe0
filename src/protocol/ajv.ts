import { Ajv, type CodeOptions } from 'ajv'
import { formats } from './formats.ts'
import { isObject } from './publish.ts'

/** The first error ends it: who sends many is not to cost more than who sends one. */
export function newAjv(code: CodeOptions = {}): Ajv {
  return new Ajv({
    verbose: true,
    messages: false,
    strictTypes: false,
    validateSchema: false,
    unicodeRegExp: true,
    formats: { ...formats },
    keywords: ['noun', 'hostile'],
    code,
  })
}

/** Tolerant objects are closed for the types' sake only. */
export function opened(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(opened)
  if (!isObject(schema)) return schema
  const { tolerant, ...rest } = schema
  if (tolerant === true) delete rest['additionalProperties']
  return Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, opened(part)]))
}
