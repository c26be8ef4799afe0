import type { View } from '../over-nodes.ts'
import { plainRecord } from '../present/records.ts'
import type { HostRecord } from '../record.ts'
import type { World } from '../world.ts'
import type { CopyProgress } from './progress.ts'

interface Showing {
  world: World
  progress: CopyProgress
  asRecords: boolean
}

/** With --json a line for each node as it ends, else what all of them did together. */
export function showRecords(visit: View['visit'], { world, progress, asRecords }: Showing): View {
  const sums = new Map<string, number>()
  return {
    visit,
    end: async (record) => {
      for (const [what, count] of Object.entries(record.files ?? {}))
        sums.set(what, (sums.get(what) ?? 0) + count)
      if (asRecords) await world.log.stream(lineOf(record), 'stdout')
    },
    finish: async () => {
      progress.end()
      world.log.info(`files: ${[...sums].map(([what, count]) => `${count} ${what}`).join(', ')}`)
    },
  }
}

function lineOf(record: HostRecord): Buffer {
  return Buffer.from(`${JSON.stringify(plainRecord(record))}\n`)
}
