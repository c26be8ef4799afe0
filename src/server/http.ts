import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Endpoint } from '../protocol/endpoint.ts'
import { type EndpointName, endpoints } from '../protocol/endpoints.ts'
import { KiB } from '../protocol/size.ts'
import { authorise } from './authorise.ts'
import { watchBody } from './body-time.ts'
import { type Call, type Caller, type Handler, type Handlers, Reply, type Source } from './call.ts'
import { decodeCall } from './decode-call.ts'
import { endSignal } from './end-signal.ts'
import { limitsOf } from './limits.ts'
import { drainBody, endSoon, isBodyOpen } from './open-body.ts'
import { refusalOf, sendProblem } from './problem-answer.ts'
import { readBodies } from './read-body.ts'
import { Refusal } from './refusal.ts'
import type { Refusals } from './refusals.ts'
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
  refusals: Refusals
  listener: Endpoint['listener']
  connectionOf(request: FastifyRequest): Connection
  /** Ends when the server is to end: no request is taken any more, and none waits. */
  draining: AbortSignal
}

/** The routes of one listener, made from the table of endpoints. */
export function addRoutes(app: FastifyInstance, options: AppOptions): void {
  readBodies(app, ({ raw }) => known.get(raw)?.bodyLimit ?? 0)
  addErrors(app, options)
  addConnectionCare(app, options)
  for (const name of Object.keys(endpoints) as EndpointName[]) {
    const handler = options.handlers[name]
    if (endpoints[name].listener === options.listener && handler !== undefined)
      addRoute(app, { name, handler: handler as Handler<EndpointName> }, options)
  }
}

function addErrors(app: FastifyInstance, options: AppOptions): void {
  app.setErrorHandler((error, request, reply) => {
    if (reply.raw.destroyed) return reply.hijack()
    const isEnding = options.draining.aborted && isAbort(error)
    const refusal = isEnding ? busy() : refusalOf(error, options.server)
    return refuse(refusal, { request, reply, options })
  })
  app.setNotFoundHandler((request, reply) =>
    refuse(new Refusal('not-found', 'there is no such endpoint'), { request, reply, options }),
  )
}

interface Refused {
  request: FastifyRequest
  reply: FastifyReply
  options: AppOptions
}

/** Every refusal is recorded and answered here, whatever made it. */
function refuse(refusal: Refusal, { request, reply, options }: Refused): FastifyReply {
  const { name, caller } = known.get(request.raw) ?? {}
  const { source } = options.connectionOf(request)
  options.refusals.note(refusal, { source, caller, ...(name !== undefined && { endpoint: name }) })
  return sendProblem(reply, refusal, options.server)
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}

function busy(): Refusal {
  return new Refusal('server-busy', 'the server is about to end', { retryAfter: 5 })
}

function late(): Refusal {
  return new Refusal('too-slow', 'the body took too long')
}

/** What outlives a request: a body that nobody reads any more, and a connection when the server is to end. */
function addConnectionCare(app: FastifyInstance, { draining }: AppOptions): void {
  app.addHook('onRequest', async () => {
    if (draining.aborted) throw busy()
  })
  // Ended at once, a connection with unread bytes takes the answer away with it.
  app.addHook('onSend', async ({ raw }, reply) => {
    if (isBodyOpen(raw)) await drainBody(raw)
    if (isBodyOpen(raw)) reply.removeHeader('connection')
    else if (draining.aborted) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async ({ raw }) => {
    if (isBodyOpen(raw)) endSoon(raw)
  })
}

interface Route {
  name: EndpointName
  handler: Handler<EndpointName>
}

interface Known {
  name: EndpointName
  /** Bytes. */
  bodyLimit: number
  caller?: Caller
}

/** What is known of a request before its body is read, kept until the answer. */
const known = new WeakMap<FastifyRequest['raw'], Known>()

function addRoute(app: FastifyInstance, { name, handler }: Route, options: AppOptions): void {
  const { server } = options
  const endpoint: Endpoint = endpoints[name]
  app.route({
    method: endpoint.method,
    url: endpoint.path.replace(/\{(\w+)\}/g, ':$1'),
    onRequest: async (request, reply) => {
      const bodyLimit = largestBody(endpoint, server)
      known.set(request.raw, { name, bodyLimit })
      watchBody(request.raw, {
        limits: limitsOf(server.profile()),
        onLate: () => refuse(late(), { request, reply, options }),
      })
      const caller = await options.connectionOf(request).identify(endpoint)
      known.set(request.raw, { name, bodyLimit, caller })
      authorise(endpoint, caller)
    },
    onResponse: async (_request, reply) =>
      server.metrics.request({
        endpoint: name,
        status: reply.statusCode,
        seconds: reply.elapsedTime / 1000,
      }),
    handler: async (request, reply) => {
      const connection = options.connectionOf(request)
      const call: Call<EndpointName> = {
        caller: known.get(request.raw)?.caller ?? { kind: 'anyone' },
        source: connection.source,
        signal: endSignal(reply.raw, options.draining),
        headers: request.headers,
        stream: request.body instanceof Readable ? request.body : undefined,
        ...decodeCall(name, request),
      }
      const answer = await handler(call, server)
      if (endpoint.answer !== undefined && reply.elapsedTime > waitedMs)
        authorise(endpoint, await connection.identify(endpoint))
      return send(reply, endpoint, answer)
    },
  })
}

/**
 * From here on an answer was waited for, and is only for who may still have it. That there is nothing to say, whoever asked may have: a node
 * that left has no certificate to hear it by.
 */
const waitedMs = 1000

/** What machines send is as large as the centre allows; hubs' reports and executables have limits of their own. */
function largestBody({ bodyLimit }: Endpoint, { profile }: Server): number {
  return bodyLimit > 0 && bodyLimit <= 64 * KiB ? limitsOf(profile()).body : bodyLimit
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
