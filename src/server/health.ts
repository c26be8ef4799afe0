import { renderOpenApi } from '../protocol/openapi.ts'
import { type Handlers, Reply } from './call.ts'
import { readFigures } from './figures.ts'
import type { Figures } from './metrics.ts'
import { isStoreAway, readReadiness } from './readiness.ts'
import type { Server } from './server.ts'

export const healthHandlers = {
  healthz: async (_call, { now }) => ({ ok: true, time: now() }),

  readyz: async (_call, server) => {
    const { ready, problems } = await readReadiness(server)
    const answer = { ok: ready, time: server.now(), ...(problems.length > 0 && { problems }) }
    return ready ? answer : notReady(answer)
  },

  metrics: async (_call, server) => {
    const { metrics } = server
    metrics.figures(await figuresOf(server))
    return new Reply({
      headers: { 'content-type': metrics.contentType },
      body: await metrics.render(),
    })
  },

  openapi: async () =>
    new Reply({ headers: { 'content-type': 'application/json' }, body: renderOpenApi() }),
} satisfies Handlers

function notReady(answer: object): Reply {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
  return new Reply({ status: 503, headers, body: JSON.stringify(answer) })
}

/** A store that is away is a figure too. */
async function figuresOf(server: Server): Promise<Figures | undefined> {
  try {
    return await readFigures(server)
  } catch (error) {
    if (!isStoreAway(error)) throw error
    return undefined
  }
}
