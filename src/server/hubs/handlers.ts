import type { Handlers } from '../call.ts'
import { followFeed } from './feed.ts'
import { takeReport } from './report.ts'
import { takeSeed } from './seed.ts'

export const hubHandlers = {
  feed: followFeed,
  hubReport: takeReport,
  hubSeed: takeSeed,
} satisfies Handlers
