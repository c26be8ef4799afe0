import type { Readable } from 'node:stream'
import type { Certificate } from '../pki/check-certificate.ts'
import type { AnswerOf, EndpointName, QueryOf, RequestOf } from '../protocol/endpoints.ts'
import type { HostRecord, NodeRecord } from '../protocol/records.ts'
import type { Server } from './server.ts'

/** Who speaks, as far as the connection proves it. */
export type Caller = Nobody | NodeCaller | HostCaller | Person

/** Without a certificate; a token may come with the request. */
export interface Nobody {
  kind: 'anyone'
}

export interface NodeCaller {
  kind: 'node' | 'job'
  certificate: Certificate
  /** The certificate itself. */
  der: Uint8Array
  node: NodeRecord
}

export interface HostCaller {
  kind: 'hub' | 'service'
  certificate: Certificate
  /** The certificate itself. */
  der: Uint8Array
  host: HostRecord
}

export interface Person {
  kind: 'viewer' | 'operator' | 'admin'
  /** As the audit has it: `anna`, `root@hub1`, `root@hub1 (anna)`. */
  actor: string
  /** The one site that this person is for; null is all of them. */
  site: string | null
}

/** One request that was let in: who, from where, and what, all of it decoded. */
export interface Call<Name extends EndpointName> {
  caller: Caller
  /** The peer's address, canonical; null on the server's own socket. */
  source: Source | null
  params: Readonly<Record<string, string>>
  query: QueryOf<Name>
  body: RequestOf<Name>
  /** The body of an endpoint that takes bytes. */
  stream: Readable | undefined
  headers: Readonly<Record<string, string | string[] | undefined>>
  /** Ends when the peer has gone or the server is to end: nobody waits for the answer. */
  signal: AbortSignal
}

export interface Source {
  address: string
  port: number
}

export type Handler<Name extends EndpointName> = (
  call: Call<Name>,
  server: Server,
) => Promise<AnswerOf<Name> | Reply>

export type Handlers = { readonly [Name in EndpointName]?: Handler<Name> }

/** An answer that is more than a JSON document. */
export class Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | Readable | undefined

  constructor({
    status = 200,
    headers = {},
    body,
  }: {
    status?: number
    headers?: Readonly<Record<string, string>>
    body?: string | Uint8Array | Readable
  }) {
    this.status = status
    this.headers = headers
    this.body = body
  }
}
