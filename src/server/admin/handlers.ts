import type { Handlers } from '../call.ts'
import { personHandlers } from './admins.ts'
import { auditHandlers } from './audit.ts'
import { inventoryHandlers } from './inventory.ts'
import { nodeActHandlers } from './node-acts.ts'
import { nodeHandlers } from './nodes.ts'
import { remoteRunHandlers } from './remote-runs.ts'
import { siteHandlers } from './sites.ts'
import { tokenHandlers } from './tokens.ts'

/** What answers the administrators. */
export const adminHandlers = {
  ...tokenHandlers,
  ...nodeHandlers,
  ...nodeActHandlers,
  ...personHandlers,
  ...auditHandlers,
  ...siteHandlers,
  ...inventoryHandlers,
  ...remoteRunHandlers,
} satisfies Handlers
