import type { Handlers } from './call.ts'
import { healthHandlers } from './health.ts'

/** What answers each endpoint. */
export const handlers: Handlers = { ...healthHandlers }
