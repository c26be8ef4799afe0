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
  if (item === asItIs) return asItIs
  return (value) => {
    const list = value as unknown[]
    const tidied = list.map((one) => item(one))
    return tidied.every((one, at) => one === list[at]) ? list : tidied
  }
}

/** What is tidy already, as nearly all is, is not copied: of a long list the copies take longer than the looking. */
function objectTidier(properties: NonNullable<Schema['properties']>): Tidier {
  const tidiers = new Map(
    Object.entries(properties).map(([key, schema]) => [key, tidierOf(schema)]),
  )
  return (value) => {
    const fields = value as Record<string, unknown>
    let copy: Record<string, unknown> | undefined
    for (const key of Object.keys(fields)) {
      // What is unknown becomes undefined.
      const tidied = tidiers.get(key)?.(fields[key])
      if (tidied !== fields[key]) copy ??= fieldsBefore(key, fields)
      if (copy !== undefined && tidied !== undefined) copy[key] = tidied
    }
    return copy ?? fields
  }
}

function fieldsBefore(
  end: string,
  fields: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const entries = Object.entries(fields)
  return Object.fromEntries(
    entries.slice(
      0,
      entries.findIndex(([key]) => key === end),
    ),
  )
}
