import { rmSync } from 'node:fs'
import { createServer, type Server as HttpServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, ListenOptions } from 'node:net'
import { hostname } from 'node:os'
import type { TLSSocket } from 'node:tls'
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import { canonicalAddress } from '../address.ts'
import { parseSize } from '../profile/quantity.ts'
import type { Endpoint } from '../protocol/endpoint.ts'
import { authoritiesOf } from './authorise.ts'
import type { Caller, Handlers, Source } from './call.ts'
import { identifyCaller } from './callers.ts'
import { addRoutes, type Connection } from './http.ts'
import type { Server } from './server.ts'
import type { TlsIdentity } from './tls-identity.ts'

export interface Listening {
  /** Where it listens; of a socket, its path. */
  readonly address: string
  /** Takes no more requests, and lets those in flight end. */
  close(): Promise<void>
}

interface ListenerOptions {
  server: Server
  handlers: Handlers
  listener: Endpoint['listener']
  draining: AbortSignal
}

export interface TlsOptions extends ListenerOptions {
  identity: TlsIdentity
  /** As `[::]:8443`. */
  at: string
}

/** A listener that machines and administrators reach by TLS. */
export async function listenTls({ identity, at, ...options }: TlsOptions): Promise<Listening> {
  const connectionOf = (request: FastifyRequest) => tlsConnection(request, options.server)
  const makeServer = (handler: Parameters<typeof createServer>[1]) =>
    createTlsServer(tlsSettings(identity), handler)
  const app = await makeApp({ ...options, connectionOf, makeServer })
  return listen(app, endpointOf(at))
}

/** Certificates are asked for, not judged here: each endpoint has a verifier of its own. */
function tlsSettings({ certificate, key }: TlsIdentity) {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: false,
    sessionTimeout: 1,
  } as const
}

function tlsConnection({ raw }: FastifyRequest, server: Server): Connection {
  const socket = raw.socket as TLSSocket
  return {
    source: sourceOf(socket),
    identify: async (endpoint) => {
      const authorities = authoritiesOf(endpoint)
      const certificate = socket.getPeerX509Certificate?.()
      return certificate === undefined || authorities.length === 0
        ? { kind: 'anyone' }
        : identifyCaller(certificate.raw, authorities, server)
    },
  }
}

function sourceOf({ remoteAddress = '', remotePort = 0 }: TLSSocket): Source {
  return { address: canonicalAddress(remoteAddress.replace(/^::ffff:/, '')), port: remotePort }
}

export interface SocketOptions extends ListenerOptions {
  path: string
}

/** The server's own socket: who can open it is root, or the user that the server runs as. */
export async function listenSocket({ path, ...options }: SocketOptions): Promise<Listening> {
  const connectionOf = (request: FastifyRequest): Connection => ({
    source: null,
    identify: async () => rootCaller(request),
  })
  const app = await makeApp({
    ...options,
    connectionOf,
    makeServer: (handler) => createServer(handler),
  })
  rmSync(path, { force: true })
  const before = process.umask(0o177)
  try {
    return await listen(app, { path })
  } finally {
    process.umask(before)
  }
}

/** Root says by whose hand it acts, where it knows. */
function rootCaller({ headers }: FastifyRequest): Caller {
  const user = headers['x-dynfarm-user']
  const known = typeof user === 'string' && /^[A-Za-z0-9_.@-]{1,64}$/.test(user) && user !== 'root'
  const actor = `root@${hostname()}`
  return { kind: 'admin', actor: known ? `${actor} (${user})` : actor, site: null }
}

interface AppOptions extends ListenerOptions {
  connectionOf(request: FastifyRequest): Connection
  makeServer(handler: Parameters<typeof createServer>[1]): HttpServer
}

async function makeApp({ makeServer, ...options }: AppOptions): Promise<FastifyInstance> {
  const { headers } = options.server.profile().centre.server.limits
  const app = Fastify({
    serverFactory: (handler) => makeServer(handler),
    exposeHeadRoutes: false,
    http: { maxHeaderSize: parseSize(headers) ?? 16_384 },
  })
  addRoutes(app, options)
  await app.ready()
  return app
}

function endpointOf(text: string): ListenOptions {
  const [, host = '', port = ''] = /^(.*):([0-9]+)$/.exec(text) ?? []
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

async function listen(app: FastifyInstance, where: ListenOptions): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    app.server.once('error', reject)
    app.server.listen(where, resolve)
  })
  return {
    address: textOf(app.server.address()),
    close: () => app.close(),
  }
}

function textOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return address ?? ''
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`
}
