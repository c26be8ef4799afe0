import { type Decoded, decode, type Fault } from './decode.ts'
import type { Endpoint } from './endpoint.ts'
import {
  type AnswerOf,
  type EndpointName,
  endpoints,
  type QueryOf,
  type RequestOf,
} from './endpoints.ts'

export type { Decoded, Fault }

/** What the server makes of a request's body. Without a schema there must be no body. */
export function decodeRequest<Name extends EndpointName>(
  name: Name,
  body: unknown,
): Decoded<RequestOf<Name>> {
  return decodePart(name, 'request', body) as Decoded<RequestOf<Name>>
}

/** What the server makes of a request's query, all texts. */
export function decodeQuery<Name extends EndpointName>(
  name: Name,
  query: unknown,
): Decoded<QueryOf<Name>> {
  return decodePart(name, 'query', query) as Decoded<QueryOf<Name>>
}

/** What a client makes of an answer. */
export function decodeAnswer<Name extends EndpointName>(
  name: Name,
  body: unknown,
): Decoded<AnswerOf<Name>> {
  return decodePart(name, 'answer', body) as Decoded<AnswerOf<Name>>
}

function decodePart(
  name: EndpointName,
  part: 'request' | 'query' | 'answer',
  value: unknown,
): Decoded<unknown> {
  const endpoint: Endpoint = endpoints[name]
  const schema = endpoint[part]
  if (typeof schema === 'object') return decode(schema, value)
  if (schema !== undefined || value === undefined) return { value }
  return { fault: { path: '/', what: 'is not expected here' } }
}
