import { join } from 'node:path'
import { bornOf, whoIsHere } from './files/processes.ts'
import { makeFolder, writeWhole } from './files/small.ts'
import { type Begun, beginLine, type Ended, endLine } from './run-line.ts'
import { type Place, queueOf, sendRuns } from './run-queue.ts'

/** A run that is on record here, and will be at the server. */
export interface Recorded {
  end(ended: Omit<Ended, 'at'>): Promise<void>
}

/** Nothing is run that leaves no trace: when its line cannot be written, it does not begin. */
export async function recordRun(
  run: Omit<Begun, 'by' | 'at'>,
  { centre, world }: Place,
): Promise<Recorded> {
  const folder = queueOf(world)
  await makeFolder(folder)
  await sendRuns({ centre, world })
  const line = beginLine({ ...run, by: whoIsHere(world.access.sudoUser), at: Date.now() })
  const path = join(folder, `${line.id}.json`)
  const process_ = { process: process.pid, born: (await bornOf(process.pid)) ?? '' }
  await writeWhole(path, JSON.stringify({ run: line, ...process_ }), 0o600)
  return {
    end: async (ended) => {
      const done = endLine(line, { ...ended, at: Date.now() })
      // No process has the number 0: it is over.
      await writeWhole(path, JSON.stringify({ run: done, process: 0, born: '' }), 0o600)
      await sendRuns({ centre, world })
    },
  }
}
