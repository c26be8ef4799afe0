import type { Caller } from './callers.ts'
import type { Endpoint } from './endpoint.ts'
import { endpoints, pathParameters } from './endpoints.ts'
import { isObject, type Published, publish } from './publish.ts'
import { problem } from './schema/problem.ts'

/** The OpenAPI document of all endpoints, as `/openapi.json` and docs/openapi.json have it. */
export function renderOpenApi(): string {
  const components: Record<string, unknown> = {}
  const schemaOf = (schema: unknown) => publish(schema, components)
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, endpoint] of Object.entries<Endpoint>(endpoints)) {
    const operations = paths[endpoint.path] ?? {}
    paths[endpoint.path] = operations
    operations[endpoint.method.toLowerCase()] = operationOf(name, endpoint, schemaOf)
  }
  const document = { ...head, paths, components: { securitySchemes, schemas: sorted(components) } }
  return `${JSON.stringify(document, null, 2)}\n`
}

const head = {
  openapi: '3.1.0',
  info: {
    title: 'dynfarm server',
    version: '1',
    description:
      'Two listeners: "join" is open to the machines, "admin" is local by default. Times are milliseconds since 1970. Fields that a reader does not know are to be ignored.',
  },
}

const mutualTls = (description: string) => ({ type: 'mutualTLS', description })

const securitySchemes = {
  node: mutualTls('A certificate of a node, by the node authority.'),
  job: mutualTls('A certificate of a job, by the node authority.'),
  hub: mutualTls('A certificate of a hub, by the hub authority.'),
  service: mutualTls('A certificate of a service host, by the hub authority.'),
  viewer: mutualTls("A viewer's certificate, by the admin authority."),
  operator: mutualTls("An operator's certificate, by the admin authority."),
  admin: mutualTls(
    "An administrator's certificate, by the admin authority; or root on the socket.",
  ),
}

type SchemaOf = (schema: unknown) => Published

function operationOf(name: string, endpoint: Endpoint, schemaOf: SchemaOf): object {
  const { summary, listener, callers, path, query, request, bodyLimit } = endpoint
  return {
    operationId: name,
    summary,
    tags: [listener],
    'x-callers': callers,
    'x-body-limit': bodyLimit,
    security: securityOf(callers),
    parameters: [...inPath(path, schemaOf), ...inQuery(query, schemaOf)],
    ...(request && { requestBody: { required: true, content: contentOf(request, schemaOf) } }),
    responses: responsesOf(endpoint, schemaOf),
  }
}

/** A token stands in the body; to TLS, who has one is anyone. */
function securityOf(callers: readonly Caller[]): Record<string, never[]>[] {
  const isOpen = callers.some((caller) => caller === 'anyone' || caller === 'token')
  const known = callers.filter((caller) => Object.hasOwn(securitySchemes, caller))
  return [...(isOpen ? [{}] : []), ...known.map((caller) => ({ [caller]: [] }))]
}

function inPath(path: string, schemaOf: SchemaOf): object[] {
  return Object.entries(pathParameters)
    .filter(([name]) => path.includes(`{${name}}`))
    .map(([name, schema]) => ({ name, in: 'path', required: true, schema: schemaOf(schema) }))
}

function inQuery(query: unknown, schemaOf: SchemaOf): object[] {
  const properties = isObject(query) ? query['properties'] : undefined
  const named = isObject(properties) ? Object.entries(properties) : []
  return named.map(([name, schema]) => ({ name, in: 'query', schema: schemaOf(schema) }))
}

function responsesOf({ status = 200, answer }: Endpoint, schemaOf: SchemaOf): object {
  const refused = { 'application/problem+json': { schema: schemaOf(problem) } }
  return {
    [status]: { description: 'Done', ...(answer && { content: contentOf(answer, schemaOf) }) },
    default: { description: 'Refused', content: refused },
  }
}

function contentOf(body: unknown, schemaOf: SchemaOf): object {
  if (body === 'bytes') return { 'application/octet-stream': {} }
  return body === 'text' ? { 'text/plain': {} } : { 'application/json': { schema: schemaOf(body) } }
}

function sorted(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}
