import { adminHandlers } from './admin/handlers.ts'
import type { Handlers } from './call.ts'
import { enrolHandlers } from './enrol/handlers.ts'
import { healthHandlers } from './health.ts'
import { hubHandlers } from './hubs/handlers.ts'
import { releaseHandlers } from './releases/handlers.ts'
import { reloadHandlers } from './reload.ts'

/** What answers each endpoint. */
export const handlers: Handlers = {
  ...healthHandlers,
  ...enrolHandlers,
  ...hubHandlers,
  ...adminHandlers,
  ...releaseHandlers,
  ...reloadHandlers,
}
