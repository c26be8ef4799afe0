import type { Handlers } from '../call.ts'
import { nodeApprove } from './approve.ts'
import { join } from './join.ts'
import { leave } from './leave.ts'
import { report } from './report.ts'

export const enrolHandlers = { join, report, leave, nodeApprove } satisfies Handlers
