import type { Handlers } from './call.ts'
import { enrolHandlers } from './enrol/handlers.ts'
import { healthHandlers } from './health.ts'

/** What answers each endpoint. */
export const handlers: Handlers = { ...healthHandlers, ...enrolHandlers }
