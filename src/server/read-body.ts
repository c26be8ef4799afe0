import { type Readable, Transform } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Refusal } from './refusal.ts'

/** JSON is read whole, bytes are passed on as they come, nothing else is a body; neither beyond its limit. */
export function readBodies(
  app: FastifyInstance,
  limitOf: (request: FastifyRequest) => number,
): void {
  app.removeAllContentTypeParsers()
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/json', (request, payload, done) => {
    readText(boundBody(request, payload, limitOf(request))).then(
      (text) => parse(request, text, done),
      done,
    )
  })
  app.addContentTypeParser('application/octet-stream', (request, payload, done) => {
    done(null, boundBody(request, payload, limitOf(request)))
  })
}

/** What is announced as too large is refused unread; what is not announced, as soon as it is. */
function boundBody({ headers }: FastifyRequest, payload: Readable, limit: number): Readable {
  if (Number(headers['content-length'] ?? 0) > limit) throw tooLarge()
  let total = 0
  const bounded = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      total += chunk.length
      if (total > limit) done(tooLarge())
      else done(null, chunk)
    },
  })
  // Nobody may be reading when it ends, and its end must not end the connection that the answer is to go by.
  bounded.on('error', () => {})
  payload.once('error', (error) => bounded.destroy(error))
  return payload.pipe(bounded)
}

function tooLarge(): Refusal {
  return new Refusal('message-too-large', 'the body is too large')
}

async function readText(stream: Readable): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
