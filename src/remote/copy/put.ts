import { chooseNodes } from '../choose.ts'
import type { Course } from '../course.ts'
import { readBlock } from '../files/block.ts'
import type { InventoryNode } from '../inventory.ts'
import { type Done, overNodes, type View, type Visit } from '../over-nodes.ts'
import type { Selection } from '../select.ts'
import { plural } from '../summary.ts'
import type { World } from '../world.ts'
import { Blocks } from './blocks.ts'
import { renderDryRun } from './dry-run.ts'
import { Far } from './far.ts'
import { limitTo, noLimit } from './limit.ts'
import { filesOf, sizeOf } from './manifest.ts'
import { shown } from './names.ts'
import { aboutCopy, type PutOptions } from './options.ts'
import { CopyProgress } from './progress.ts'
import { jobOf, type PutJob, type PutTally, putOnHost } from './put-host.ts'
import { renderBytes } from './render.ts'
import { showRecords } from './show.ts'
import { loadSources, type Sources } from './sources.ts'

/** Files and trees of this machine to many nodes. */
export function runPut(options: PutOptions, world: World): Promise<Done> {
  return chooseNodes(options.wanted, world, async (chosen) => {
    const blocks = new Blocks(readBlock)
    const loaded = await loadSources(options.sources, blocks)
    tellLeft(loaded, world)
    const [files, size] = [filesOf(loaded.sources).length, sizeOf(loaded.sources)]
    if (options.dryRun) return dryRun(chosen, options, { files, size })
    const job = jobOf(loaded.sources, options.target, blocks)
    const open = async (course: Course, count: number) =>
      openPut({ options, world, course, count, job, size })
    return overNodes(chosen, { options, world, open, about: aboutCopy('put', options) })
  })
}

function tellLeft({ left: [first, ...more] }: Sources, { log }: World): void {
  if (first === undefined) return
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  log.warn(`left out "${shown(first)}"${others}: neither a file, a folder nor a link`)
}

function dryRun(
  selection: Selection,
  options: PutOptions,
  { files, size }: { files: number; size: number },
): Done {
  const what = `${plural(files, 'file')}, ${renderBytes(size)}`
  return renderDryRun(selection, options, { verb: `put ${what}`, facts: { files, bytes: size } })
}

interface Opening {
  options: PutOptions
  world: World
  course: Course
  count: number
  job: PutJob
  /** Bytes of all sources. */
  size: number
}

async function openPut(opening: Opening): Promise<View> {
  const { options, world, course, count, job, size } = opening
  const limit = options.limit === undefined ? noLimit : limitTo(options.limit)
  const progress = new CopyProgress(world, course, count)
  const amount = { moved: 0, total: size * count }
  const visit = (_: InventoryNode): Visit => {
    const bytes = { sent: 0 }
    const files = { sent: 0, identical: 0 }
    const tally: PutTally = {
      limit,
      onPlan: ({ tree, alone, identical }) => {
        files.identical = identical
        const lacking = [...tree, ...alone].reduce((sum, { entry }) => sum + entry.size, 0)
        amount.total += lacking - size
      },
      onSent: (sent) => {
        bytes.sent += sent
        amount.moved += sent
        progress.tick(amount)
      },
      onPlaced: (placed) => {
        files.sent += placed
      },
    }
    const { as, commandTimeout: timeout } = options
    const work: Visit['work'] = (session, again) =>
      putOnHost(new Far(session, { as, timeout, signal: course.killSignal, again }), job, tally)
    return { work, facts: { bytes, files } }
  }
  return showRecords(visit, { world, progress, asRecords: options.asRecords })
}
