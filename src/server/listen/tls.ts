import { constants } from 'node:crypto'
import type { Server as HttpServer, RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { FastifyRequest } from 'fastify'
import { authoritiesOf } from '../authorise.ts'
import type { Source } from '../call.ts'
import { identifyCaller } from '../callers.ts'
import type { Connection } from '../http.ts'
import { limitsOf } from '../limits.ts'
import type { Server } from '../server.ts'
import type { TlsIdentities } from '../tls-identities.ts'
import type { TlsIdentity } from '../tls-identity.ts'
import { type ListenerOptions, makeApp } from './app.ts'
import { endpointOf, type Listening, listenAt } from './bind.ts'
import { type Gate, makeGate } from './gate.ts'

export interface TlsOptions extends ListenerOptions {
  identities: TlsIdentities
  /** As `[::]:8443`. */
  at: string
}

/** A listener that machines and administrators reach by TLS. */
export async function listenTls({ identities, at, ...options }: TlsOptions): Promise<Listening> {
  const { server } = options
  const sources = new WeakMap<Duplex, Source>()
  const sourceOf = (socket: Duplex): Source => sources.get(socket) ?? { address: '::', port: 0 }
  const makeServer = (handler: RequestListener): HttpServer => {
    const https = createServer(tlsSettings(identities.current()), handler)
    https.once(
      'close',
      identities.onChange((next) => https.setSecureContext(tlsSettings(next))),
    )
    return https
  }
  const app = await makeApp({
    ...options,
    makeServer,
    connectionOf: (socket) => ({ source: sourceOf(socket) }),
    connectionOfRequest: ({ raw }: FastifyRequest) => ({
      source: sourceOf(raw.socket),
      identify: identifyBy(raw.socket as TLSSocket, server),
    }),
  })
  const gate = stand(app.http, options)
  app.http.prependListener('secureConnection', (socket: TLSSocket) => {
    const source = gate.pass(socket)
    if (source === undefined) socket.destroy()
    else sources.set(socket, source)
  })
  const listening = await listenAt(app, endpointOf(at))
  return {
    address: listening.address,
    close: () => {
      gate.close()
      return listening.close()
    },
  }
}

/**
 * Certificates are asked for, not judged here: each endpoint has a verifier of its own. No session is resumed, so
 * that each connection shows its certificate.
 */
function tlsSettings({ certificate, key }: TlsIdentity) {
  return {
    cert: certificate,
    key,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: false,
    secureOptions: constants.SSL_OP_NO_TICKET,
    connectionsCheckingInterval: 1000,
  } as const
}

/** Puts a gate before the handshake. Balancers stand before the machines' listener only. */
function stand(http: HttpServer, { server, listener }: ListenerOptions): Gate {
  const [shakeHands, ...others] = http.listeners('connection')
  if (shakeHands === undefined || others.length > 0) throw new Error('who begins the handshake?')
  http.removeAllListeners('connection')
  const gate = makeGate({
    limits: () => limitsOf(server.profile()),
    balancers: () =>
      listener === 'join' ? (server.profile().centre.server['trusted-balancers'] ?? []) : [],
    admit: (socket) => shakeHands.call(http, socket),
    onRefused: (reason) => server.metrics.connectionRefused(reason),
  })
  http.on('connection', (socket: Socket) => gate.arrive(socket))
  return gate
}

function identifyBy(socket: TLSSocket, server: Server): Connection['identify'] {
  return async (endpoint) => {
    const authorities = authoritiesOf(endpoint)
    const certificate = socket.getPeerX509Certificate?.()
    return certificate === undefined || authorities.length === 0
      ? { kind: 'anyone' }
      : identifyCaller(certificate.raw, authorities, server)
  }
}
