import { cleanLine, cleanText } from './hostile.ts'
import { isObject } from './publish.ts'

/** A valid value without the fields that this version does not know, and with hostile texts cleaned. */
export function tidy(schema: object, value: unknown): unknown {
  return tidierOf(schema)(value)
}

type Tidier = (value: unknown) => unknown

interface Schema {
  properties?: Readonly<Record<string, object>>
  items?: object
  hostile?: 'line' | 'text'
}

/** Of each schema once: a list of ten thousand nodes is as many objects of one. */
const tidiers = new WeakMap<object, Tidier>()

function tidierOf(schema: object): Tidier {
  const tidier = tidiers.get(schema) ?? makeTidier(schema)
  tidiers.set(schema, tidier)
  return tidier
}

const asItIs: Tidier = (value) => value

function makeTidier({ properties, items, hostile }: Schema): Tidier {
  const text = hostile === undefined ? asItIs : cleaner(hostile)
  const list = items === undefined ? asItIs : listTidier(tidierOf(items))
  const object = properties === undefined ? asItIs : objectTidier(properties)
  if (text === asItIs && list === asItIs && object === asItIs) return asItIs
  return (value) => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return list(value)
    return isObject(value) ? object(value) : value
  }
}

function cleaner(hostile: 'line' | 'text'): Tidier {
  const clean = hostile === 'line' ? cleanLine : cleanText
  return (value) => clean(value as string)
}

function listTidier(item: Tidier): Tidier {
  return item === asItIs ? asItIs : (value) => (value as unknown[]).map((one) => item(one))
}

function objectTidier(properties: NonNullable<Schema['properties']>): Tidier {
  const fields = Object.entries(properties).map(([key, schema]) => ({
    key,
    tidier: tidierOf(schema),
  }))
  return (value) => {
    const known: Record<string, unknown> = {}
    for (const { key, tidier } of fields) {
      if (Object.hasOwn(value as object, key))
        known[key] = tidier((value as Record<string, unknown>)[key])
    }
    return known
  }
}
