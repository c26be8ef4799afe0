import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { parseSize } from '../profile/quantity.ts'
import type { Endpoint } from '../protocol/endpoint.ts'
import { type EndpointName, endpoints } from '../protocol/endpoints.ts'
import { KiB } from '../protocol/size.ts'
import { authorise } from './authorise.ts'
import { type Call, type Caller, type Handler, type Handlers, Reply, type Source } from './call.ts'
import { decodeCall } from './decode-call.ts'
import { answerError, sendProblem } from './problem-answer.ts'
import { Refusal } from './refusal.ts'
import type { Server } from './server.ts'

/** What a listener knows of the connection that a request came by. */
export interface Connection {
  /** null on the server's own socket. */
  source: Source | null
  /** Who speaks: by the certificate of the connection, or by the socket it came to. */
  identify(endpoint: Endpoint): Promise<Caller>
}

export interface AppOptions {
  server: Server
  handlers: Handlers
  listener: Endpoint['listener']
  connectionOf(request: FastifyRequest): Connection
  /** Ends when the server is to end, for requests that wait. */
  draining: AbortSignal
}

/** The routes of one listener, made from the table of endpoints. */
export function addRoutes(app: FastifyInstance, options: AppOptions): void {
  takeBytes(app)
  app.setErrorHandler((error, request, reply) => {
    const caller = callers.get(request.raw)
    const { source } = options.connectionOf(request)
    return answerError(error, { reply, caller, source, server: options.server })
  })
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, new Refusal('not-found', 'there is no such endpoint'), options.server),
  )
  for (const name of Object.keys(endpoints) as EndpointName[]) {
    const handler = options.handlers[name]
    if (endpoints[name].listener === options.listener && handler !== undefined)
      addRoute(app, { name, handler: handler as Handler<EndpointName> }, options)
  }
}

/** JSON is read by Fastify; bytes are passed on as they come; nothing else is a body. */
function takeBytes(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
    done(null, payload)
  })
}

interface Route {
  name: EndpointName
  handler: Handler<EndpointName>
}

/** Who called, kept from before the body is read until the answer. */
const callers = new WeakMap<FastifyRequest['raw'], Caller>()

function addRoute(app: FastifyInstance, { name, handler }: Route, options: AppOptions): void {
  const { server } = options
  const endpoint: Endpoint = endpoints[name]
  app.route({
    method: endpoint.method,
    url: endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
    bodyLimit: bodyLimit(endpoint, server),
    onRequest: async (request) => {
      callers.set(request.raw, await admit(endpoint, options.connectionOf(request)))
    },
    onResponse: async (_request, reply) =>
      server.metrics.request({
        endpoint: name,
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000,
      }),
    handler: async (request, reply) => {
      const caller = callers.get(request.raw) ?? { kind: 'anyone' }
      const connection = options.connectionOf(request)
      const signal = AbortSignal.any([options.draining, goneSignal(request)])
      const call: Call<EndpointName> = {
        caller,
        source: connection.source,
        signal,
        headers: request.headers,
        stream: request.body instanceof Readable ? request.body : undefined,
        ...decodeCall(name, request),
      }
      const answer = await handler(call, server)
      if (reply.elapsedTime > waitedMs) await admit(endpoint, connection)
      return send(reply, endpoint, answer)
    },
  })
}

/** From here on an answer was waited for, and is only for who may still have it. */
const waitedMs = 1000

async function admit(endpoint: Endpoint, connection: Connection): Promise<Caller> {
  return authorise(endpoint, await connection.identify(endpoint))
}

/** What machines send is as large as the centre allows; hubs' reports and executables have limits of their own. */
function bodyLimit({ bodyLimit }: Endpoint, { profile }: Server): number {
  const limit = parseSize(profile().centre.server.limits.body) ?? bodyLimit
  return bodyLimit > 0 && bodyLimit <= 64 * KiB ? limit : Math.max(bodyLimit, 1)
}

function goneSignal({ raw }: FastifyRequest): AbortSignal {
  const gone = new AbortController()
  raw.socket.once('close', () => gone.abort())
  return gone.signal
}

function send(reply: FastifyReply, endpoint: Endpoint, answer: unknown): FastifyReply {
  if (answer instanceof Reply)
    return reply.code(answer.status).headers(answer.headers).send(answer.body)
  if (endpoint.answer === undefined) return reply.code(endpoint.status ?? 204).send()
  return reply
    .code(endpoint.status === 201 ? 201 : 200)
    .header('cache-control', 'no-store')
    .type('application/json')
    .send(JSON.stringify(answer))
}
