import type { FastifyRequest } from 'fastify'
import { decode } from '../protocol/decode.ts'
import type { Endpoint } from '../protocol/endpoint.ts'
import { type EndpointName, endpoints, pathParameters } from '../protocol/endpoints.ts'
import { type Decoded, decodeQuery, decodeRequest } from '../protocol/messages.ts'
import type { Call } from './call.ts'
import { malformed } from './refusal.ts'

type Parts = Pick<Call<EndpointName>, 'params' | 'query' | 'body'>

/** What a request says, checked and cleaned; whatever is wrong with it is refused. */
export function decodeCall(name: EndpointName, request: FastifyRequest): Parts {
  const { request: wanted }: Endpoint = endpoints[name]
  const body = wanted === 'bytes' ? undefined : (request.body ?? undefined)
  const query = request.query as object
  return {
    params: decodeParams(request.params as Record<string, string>),
    query: good(decodeQuery(name, hasNone(name, query) ? undefined : query)),
    body: wanted === 'bytes' ? undefined : good(decodeRequest(name, body)),
  } as Parts
}

/** An endpoint without a query refuses one; Fastify gives an empty object in any case. */
function hasNone(name: EndpointName, query: object): boolean {
  const { query: schema }: Endpoint = endpoints[name]
  return schema === undefined && Object.keys(query).length === 0
}

function decodeParams(params: Readonly<Record<string, string>>): Record<string, string> {
  const decoded = Object.entries(params).map(([name, text]) => {
    const schema = pathParameters[name as keyof typeof pathParameters]
    return [name, good(decode(schema, text)) as string] as const
  })
  return Object.fromEntries(decoded)
}

function good<T>(decoded: Decoded<T>): T {
  if ('fault' in decoded) throw malformed(decoded.fault)
  return decoded.value
}
