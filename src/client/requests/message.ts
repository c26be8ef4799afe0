import { DynfarmError } from '../../errors.ts'
import { decode } from '../../protocol/decode.ts'
import type { Endpoint } from '../../protocol/endpoint.ts'
import {
  type EndpointName,
  endpoints,
  pathParameters,
  type QueryOf,
  type RequestOf,
} from '../../protocol/endpoints.ts'

import { isUpload, type Upload } from './upload.ts'

/** What a call says. A part that the endpoint does not have cannot be given. */
export type Ask<Name extends EndpointName> = Given<'params', ParamsOf<Name>> &
  Given<'query', QueryOf<Name>> &
  Given<'body', BodyOf<Name>> & {
    signal?: AbortSignal | undefined
    /** Until the whole answer is there. */
    timeoutMs?: number
  }

type BodyOf<Name extends EndpointName> = [RequestOf<Name>] extends [Uint8Array]
  ? Uint8Array | Upload
  : RequestOf<Name>

type Given<Key extends string, Part> = [Part] extends [undefined]
  ? { readonly [key in Key]?: undefined }
  : { readonly [key in Key]: Part }

type ParamsOf<Name extends EndpointName> = [NamesIn<(typeof endpoints)[Name]['path']>] extends [
  never,
]
  ? undefined
  : { readonly [key in NamesIn<(typeof endpoints)[Name]['path']>]: string }

type NamesIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | NamesIn<Rest>
  : never

/** The parts of a call, whichever it is. */
export interface AnyAsk {
  params?: Readonly<Record<string, string>> | undefined
  query?: object | undefined
  body?: unknown
}

export interface Message {
  method: string
  /** With its query. */
  path: string
  headers: Record<string, string>
  body: Uint8Array | Upload | undefined
}

export function renderMessage(name: EndpointName, { params = {}, query, body }: AnyAsk): Message {
  const endpoint: Endpoint = endpoints[name]
  const content = renderBody(name, body)
  return {
    method: endpoint.method,
    path: `${renderPath(endpoint.path, params)}${renderQuery(query)}`,
    headers: { 'accept-encoding': 'identity', ...contentHeaders(endpoint, content) },
    body: content,
  }
}

/** The names and ids are people's input: none of them may lead to another path. */
function renderPath(path: string, params: Readonly<Record<string, string>>): string {
  return path.replace(/\{(.*?)\}/g, (_, name: keyof typeof pathParameters) => {
    const schema = pathParameters[name]
    const value = params[name] ?? ''
    if ('fault' in decode(schema, value)) {
      throw new DynfarmError('usage', `"${value}" is not ${schema.noun}`)
    }
    return encodeURIComponent(value)
  })
}

function renderQuery(query: object | undefined): string {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(given).toString()
  return text === '' ? '' : `?${text}`
}

function renderBody(name: EndpointName, body: unknown): Message['body'] {
  if (body === undefined) return undefined
  const isBytes = body instanceof Uint8Array || isUpload(body)
  const content = isBytes ? body : Buffer.from(JSON.stringify(body))
  const { bodyLimit } = endpoints[name]
  if (sizeOf(content) <= bodyLimit) return content
  const message = `what is to be sent has ${sizeOf(content)} bytes, and ${bodyLimit} are allowed`
  throw new DynfarmError('message-too-large', message)
}

function sizeOf(content: Uint8Array | Upload): number {
  return isUpload(content) ? content.size : content.length
}

function contentHeaders(
  { request, method }: Endpoint,
  content: Message['body'],
): Record<string, string> {
  if (content === undefined) return method === 'GET' ? {} : { 'content-length': '0' }
  const type = request === 'bytes' ? 'application/octet-stream' : 'application/json'
  return { 'content-type': type, 'content-length': `${sizeOf(content)}` }
}
