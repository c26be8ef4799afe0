import type { Endpoint } from './endpoint.ts'
import { endpoints, pathParameters } from './endpoints.ts'
import { adminBundle } from './schema/bundle.ts'
import { rotations } from './schema/join.ts'
import * as kept from './schema/kept.ts'
import { problem } from './schema/problem.ts'
import * as relay from './schema/relay.ts'

/**
 * Every schema that messages are decoded by, with the name that its compiled validator has; in the order of the names,
 * as not every loader keeps a module's exports in the same one.
 */
export function namedSchemas(): ReadonlyMap<object, string> {
  const named: [object, string][] = [
    [problem, 'problem'],
    [adminBundle, 'adminBundle'],
    [rotations, 'rotations'],
  ]
  for (const [name, schema] of Object.entries(kept)) named.push([schema, `kept_${name}`])
  for (const [name, schema] of Object.entries(relay)) named.push([schema, name])
  for (const [name, schema] of Object.entries(pathParameters)) named.push([schema, `path_${name}`])
  for (const [name, { query, request, answer }] of Object.entries<Endpoint>(endpoints))
    for (const [part, schema] of Object.entries({ query, request, answer }))
      if (typeof schema === 'object') named.push([schema, `${name}_${part}`])
  return new Map(named.toSorted(([, a], [, b]) => (a < b ? -1 : 1)))
}
