import type { JSONSchema } from 'json-schema-to-ts'
import type { Caller } from './callers.ts'

export interface Endpoint {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Braces hold the names of `pathParameters`. */
  path: string
  /** join: open to the world; admin: local by default, and the unix socket. */
  listener: 'join' | 'admin'
  callers: readonly Caller[]
  summary: string
  query?: JSONSchema
  request?: JSONSchema | 'bytes'
  answer?: JSONSchema | 'bytes' | 'text'
  /** Besides 200; `pending` at a join. */
  status?: number
  /** Bytes of the request's body. */
  bodyLimit: number
  /** Bytes of the answer that a client reads. */
  answerLimit: number
}
