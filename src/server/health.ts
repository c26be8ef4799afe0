import { renderOpenApi } from '../protocol/openapi.ts'
import { type Handlers, Reply } from './call.ts'

export const healthHandlers = {
  healthz: async (_call, { now }) => ({ ok: true, time: now() }),

  readyz: async (_call, { store, now }) => {
    await store.read(({ feed }) => feed.position())
    return { ok: true, time: now() }
  },

  metrics: async (_call, { metrics: { registry } }) =>
    new Reply({
      headers: { 'content-type': registry.contentType },
      body: await registry.metrics(),
    }),

  openapi: async () =>
    new Reply({ headers: { 'content-type': 'application/json' }, body: renderOpenApi() }),
} satisfies Handlers
