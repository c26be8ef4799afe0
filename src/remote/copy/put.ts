import { chooseNodes } from '../choose.ts'
import type { Course } from '../course.ts'
import { readBlock } from '../files/block.ts'
import type { InventoryNode } from '../inventory.ts'
import { type Done, overNodes, type View, type Visit } from '../over-nodes.ts'
import { Relay, type RelayTally } from '../relay/relay.ts'
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
import { jobOf, putOnHost } from './put-host.ts'
import type { PutJob } from './put-job.ts'
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
      openPut({ options, world, course, count, job, size, nodes: chosen.targets })
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
  nodes: readonly InventoryNode[]
  /** Bytes of all sources. */
  size: number
}

async function openPut(opening: Opening): Promise<View> {
  const { options, world, course, count, job, size, nodes } = opening
  const limit = options.limit === undefined ? noLimit : limitTo(options.limit)
  const progress = new CopyProgress(world, course, count)
  const amount = { moved: 0, total: size * count }
  const { as, commandTimeout: timeout } = options
  const { killSignal: signal } = course
  const relay = options.relay ? new Relay({ nodes, job, as, signal, log: world.log }) : undefined
  const visit = (node: InventoryNode): Visit => {
    const bytes = { sent: 0, ...(relay && { relayed: 0 }) }
    const files = { sent: 0, identical: 0 }
    const move = (moved: number) => {
      amount.moved += moved
      progress.tick(amount)
    }
    const tally: RelayTally = {
      limit,
      onPlan: ({ tree, alone, identical }) => {
        files.identical = identical
        const lacking = [...tree, ...alone].reduce((sum, { entry }) => sum + entry.size, 0)
        amount.total += lacking - size
      },
      onSent: (sent) => {
        bytes.sent += sent
        move(sent)
      },
      onRelayed: (relayed) => {
        bytes.relayed = relayed
        move(relayed)
      },
      onPlaced: (placed) => {
        files.sent += placed
      },
    }
    const work: Visit['work'] = (session, again) => {
      const far = new Far(session, { as, timeout, signal, again })
      return relay === undefined
        ? putOnHost(far, job, tally)
        : relay.put({ node, far, tally, again })
    }
    return { work, facts: { bytes, files } }
  }
  const view = showRecords(visit, { world, progress, asRecords: options.asRecords })
  return { ...view, finish: () => Promise.all([relay?.close(), view.finish()]).then(() => {}) }
}
