import { adminHandlers } from './admin/handlers.ts'
import type { Handlers } from './call.ts'
import { healthHandlers } from './health.ts'
import { releaseHandlers } from './releases/handlers.ts'

/** What answers each endpoint. */
export const handlers: Handlers = { ...healthHandlers, ...adminHandlers, ...releaseHandlers }
