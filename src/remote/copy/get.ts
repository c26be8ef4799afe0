import { DynfarmError } from '../../errors.ts'
import { chooseNodes } from '../choose.ts'
import type { Course } from '../course.ts'
import { type Landing, openLanding } from '../files/landing.ts'
import type { InventoryNode } from '../inventory.ts'
import { type Done, overNodes, type View, type Visit } from '../over-nodes.ts'
import type { World } from '../world.ts'
import { renderDryRun } from './dry-run.ts'
import { Far } from './far.ts'
import { getFromHost } from './get-host.ts'
import type { GetJob } from './get-state.ts'
import { baseOf } from './names.ts'
import { aboutCopy, type GetOptions } from './options.ts'
import { CopyProgress } from './progress.ts'
import { showRecords } from './show.ts'

/** Files and trees of many nodes to this machine, each node's apart. */
export async function runGet(options: GetOptions, world: World): Promise<Done> {
  if (options.flat) refuseEqual(options.sources)
  return chooseNodes(options.wanted, world, async (chosen) => {
    if (options.dryRun) return renderDryRun(chosen, options, { verb: 'get', facts: {} })
    const landing = await openLanding(options.target)
    try {
      const open = async (course: Course, count: number) =>
        openGet({ options, world, course, count, landing })
      return await overNodes(chosen, { options, world, open, about: aboutCopy('get', options) })
    } finally {
      await landing.close()
    }
  })
}

function refuseEqual(sources: readonly string[]): void {
  const names = sources.map(baseOf)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new DynfarmError('usage', `with --flat two files "${twice}" would be one`)
}

interface Opening {
  options: GetOptions
  world: World
  course: Course
  count: number
  landing: Landing
}

async function openGet({ options, world, course, count, landing }: Opening): Promise<View> {
  const progress = new CopyProgress(world, course, count)
  const amount = { moved: 0, total: undefined }
  const { sources, flat, maxSize, as, commandTimeout: timeout } = options
  const visit = ({ name }: InventoryNode): Visit => {
    const [bytes, files] = [{ received: 0 }, { received: 0 }]
    const job: GetJob = {
      ...{ node: name, sources, flat, maxSize, landing },
      onBytes: (received) => {
        bytes.received += received
        amount.moved += received
        progress.tick(amount)
      },
      onPlaced: (placed) => {
        files.received += placed
      },
    }
    const work: Visit['work'] = (session, again) =>
      getFromHost(new Far(session, { as, timeout, signal: course.killSignal, again }), job)
    return { work, facts: { bytes, files } }
  }
  return showRecords(visit, { world, progress, asRecords: options.asRecords })
}
