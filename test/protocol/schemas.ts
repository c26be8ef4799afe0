import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type EndpointName, endpoints } from '../../src/protocol/endpoints.ts'
import { isObject } from '../../src/protocol/publish.ts'
import { problem } from '../../src/protocol/schema/problem.ts'

export type Part = 'request' | 'query' | 'answer'

export const endpointList = Object.entries(endpoints) as [EndpointName, Endpoint][]

/** Every message there is, by what it is called. */
export const messages: [string, object][] = [
  ...endpointList.flatMap(([name, endpoint]) =>
    (['request', 'query', 'answer'] as const).flatMap((part): [string, object][] => {
      const schema = endpoint[part]
      return isObject(schema) ? [[`${name} ${part}`, schema]] : []
    }),
  ),
  ['problem', problem],
]

/** A schema and all within it, each with the way to it. */
export function schemasIn(schema: object, path = ''): [string, Record<string, unknown>][] {
  const { properties = {}, items, anyOf = [], ...own } = schema as Record<string, unknown>
  const named = Object.entries(properties as Record<string, object>)
  return [
    [path || '/', { ...own, properties, items, anyOf }],
    ...named.flatMap(([name, part]) => schemasIn(part, `${path}/${name}`)),
    ...(isObject(items) ? schemasIn(items, `${path}/*`) : []),
    ...(anyOf as object[]).flatMap((part, i) => schemasIn(part, `${path}|${i}`)),
  ]
}
