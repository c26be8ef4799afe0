import type { Server as HttpServer, RequestListener } from 'node:http'
import type { Duplex } from 'node:stream'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Endpoint } from '../../protocol/endpoint.ts'
import type { Handlers } from '../call.ts'
import { addRoutes, type Connection } from '../http.ts'
import { type Limits, limitsOf } from '../limits.ts'
import { sendProblem } from '../problem-answer.ts'
import { Refusal } from '../refusal.ts'
import type { Refusals } from '../refusals.ts'
import type { Server } from '../server.ts'
import { answerMalformed } from './malformed.ts'
import { followTraffic, type Traffic } from './traffic.ts'

export interface ListenerOptions {
  server: Server
  handlers: Handlers
  refusals: Refusals
  listener: Endpoint['listener']
  /** Ends when the server is to end: no request is taken any more, and none waits. */
  draining: AbortSignal
}

interface AppOptions extends ListenerOptions {
  connectionOf(socket: Duplex): Pick<Connection, 'source'>
  connectionOfRequest(request: FastifyRequest): Connection
  makeServer(handler: RequestListener): HttpServer
}

export interface App {
  http: HttpServer
  traffic: Traffic
}

/** The endpoints of one listener over a server of HTTP that does not listen yet. */
export async function makeApp({ makeServer, ...options }: AppOptions): Promise<App> {
  const { server, refusals } = options
  let http: HttpServer | undefined
  const app = Fastify({
    serverFactory: (handler) => {
      http = makeServer(handler)
      return http
    },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    frameworkErrors: (_error, request, reply) => {
      const refusal = new Refusal('message-malformed', 'the path is not one')
      refusals.note(refusal, { source: options.connectionOfRequest(request).source })
      sendProblem(reply as never, refusal, server)
    },
    clientErrorHandler: (error, socket) => {
      const refusal = answerMalformed(error, { socket, traffic, now: server.now() })
      if (refusal !== undefined) refusals.note(refusal, options.connectionOf(socket))
    },
  })
  if (http === undefined) throw new Error('Fastify made no server')
  const traffic = followTraffic(http)
  addRoutes(app, { ...options, connectionOf: options.connectionOfRequest })
  await app.ready()
  keepLimits(http, server)
  return { http, traffic }
}

/** What HTTP itself looks after. Node reads each of them anew for every connection or check. */
function keepLimits(http: HttpServer & { maxHeaderSize?: number }, server: Server): void {
  const set = ({ headers, headerTimeout, idleTimeout }: Limits): void => {
    http.maxHeaderSize = headers
    http.headersTimeout = headerTimeout
    http.keepAliveTimeout = idleTimeout
    // Bodies have a deadline of their own, which a large one with leave to be large does not meet.
    http.requestTimeout = 0
  }
  set(limitsOf(server.profile()))
  http.once(
    'close',
    server.onReload(() => set(limitsOf(server.profile()))),
  )
}
