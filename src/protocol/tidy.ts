import { cleanLine, cleanText } from './hostile.ts'
import { isObject } from './publish.ts'

/** A valid value without the fields that this version does not know, and with hostile texts cleaned. */
export function tidy(schema: object, value: unknown): unknown {
  const { properties, items, hostile }: Schema = schema
  if (typeof value === 'string') return cleaned(value, hostile)
  if (Array.isArray(value)) return items ? value.map((item) => tidy(items, item)) : value
  return isObject(value) && properties ? tidyObject(properties, value) : value
}

interface Schema {
  properties?: Readonly<Record<string, object>>
  items?: object
  hostile?: 'line' | 'text'
}

function cleaned(text: string, hostile: Schema['hostile']): string {
  if (hostile === undefined) return text
  return hostile === 'line' ? cleanLine(text) : cleanText(text)
}

function tidyObject(
  properties: Readonly<Record<string, object>>,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const known: Record<string, unknown> = {}
  for (const [key, schema] of Object.entries(properties)) {
    if (Object.hasOwn(value, key)) known[key] = tidy(schema, value[key])
  }
  return known
}
