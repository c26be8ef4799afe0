import { join } from 'node:path'
import { lockState } from '../apply/lock.ts'
import { DynfarmError } from '../errors.ts'
import type { Chosen } from './choose.ts'
import { type Course, startCourse } from './course.ts'
import { fanOut } from './fan-out.ts'
import { writablePlace, writeWhole } from './files/small.ts'
import { heed } from './heed.ts'
import type { Inventory, InventoryNode } from './inventory.ts'
import { openLogin } from './login.ts'
import type { FanOutOptions } from './options.ts'
import { exitOf, type HostRecord } from './record.ts'
import { runHost, type Work } from './run-host.ts'
import type { Begun } from './run-line.ts'
import { recordRun } from './run-log.ts'
import type { Selection } from './select.ts'
import { connectTo, type Login } from './session/connect.ts'
import { failedOf, renderSummary } from './summary.ts'
import { targetOf } from './target.ts'
import { remoteFolder, type World } from './world.ts'

export interface Done {
  text: string
  json: unknown
  exit: number
}

/** What is done on each node, and shown of it. */
export interface Undertaking {
  options: FanOutOptions
  world: World
  open(course: Course, count: number): Promise<View>
  /** For the audit. */
  about: Pick<Begun, 'kind' | 'command' | 'login'>
}

export interface View {
  /** What is done on this node, and what its record says of that beside how it ended. */
  visit(node: InventoryNode): Visit
  end(record: HostRecord): Promise<void>
  finish(): Promise<void>
}

export interface Visit {
  work: Work
  facts: Pick<HostRecord, 'bytes' | 'files'>
}

/** All nodes, each of which ends in exactly one class, whatever the others do. */
export async function overNodes(chosen: Chosen, undertaking: Undertaking): Promise<Done> {
  const { options, world } = undertaking
  refuseViewer(chosen.inventory)
  if (options.failedTo !== undefined) await writablePlace(options.failedTo)
  const hosts = Math.min(options.width, chosen.targets.length)
  const { login, close } = await openLogin(options, { ...chosen, world, hosts })
  const lock = lockOf(options, world)
  try {
    return await onRecord(chosen, login, undertaking)
  } finally {
    lock?.release()
    close()
  }
}

/** The nodes ask for a key alone; who is only to look is told before that. */
export function refuseViewer({ rank }: Inventory): void {
  if (rank === 'viewer')
    throw new DynfarmError('not-allowed', 'running commands on nodes is for the rank operator')
}

function lockOf({ lock }: FanOutOptions, world: World) {
  return lock === undefined ? undefined : lockState(join(remoteFolder(world), 'locks', lock))
}

async function onRecord(chosen: Chosen, login: Login, undertaking: Undertaking): Promise<Done> {
  const { targets, dead, centre } = chosen
  const { world, about } = undertaking
  const course = startCourse(targets.map(({ name }) => name))
  const nodes = [...targets, ...dead].map(({ name }) => name)
  const recorded = await recordRun({ ...about, nodes }, { centre, world })
  try {
    return await runAll(chosen, login, { ...undertaking, course })
  } finally {
    const interrupted = course.stopped === 'interrupt'
    await recorded.end({ records: course.records, interrupted })
  }
}

async function runAll(
  { targets, dead }: Selection,
  login: Login,
  undertaking: Undertaking & { course: Course },
): Promise<Done> {
  const { options, world, course } = undertaking
  const view = await undertaking.open(course, targets.length)
  heed(world, course)
  const finish = async (record: HostRecord) => {
    course.end(record)
    await view.end(record)
    if (options.stopAtFailure && record.class !== 'ok') course.stop('failure')
  }
  for (const node of dead) await finish(skipped(node, 'dead', view))
  const visit = async (node: InventoryNode) =>
    finish(await visitNode(node, login, { ...undertaking, view }))
  const isStopped = () => course.stopped !== undefined
  const left = await fanOut(targets, visit, { width: options.width, isStopped })
  for (const node of left) await finish(skipped(node, 'stopped', view))
  await view.finish()
  return conclude(course, undertaking)
}

async function visitNode(
  node: InventoryNode,
  login: Login,
  { options, course, view }: Undertaking & { course: Course; view: View },
): Promise<HostRecord> {
  course.begin(node.name)
  const { work, facts } = view.visit(node)
  const run = await runHost(targetOf(node), {
    work,
    signal: course.killSignal,
    connect: (to) => connectTo(to, login),
    retries: options.retries,
    wait: course.wait,
    random: Math.random,
  })
  const skip = run.class === 'skipped' ? { skip: 'stopped' as const } : {}
  return { node: node.name, site: node.site, ...facts, ...run, ...skip }
}

function skipped(node: InventoryNode, skip: 'dead' | 'stopped', view: View): HostRecord {
  const { name, site, state } = node
  const reason = skip === 'dead' ? `known to be dead (${state})` : 'not begun any more'
  const outcome = {
    class: 'skipped',
    phase: 'select',
    started: false,
    attempts: 0,
    reason,
  } as const
  return { node: name, site, ...view.visit(node).facts, ...outcome, durations: { total: 0 }, skip }
}

async function conclude(course: Course, { options, world }: Undertaking): Promise<Done> {
  const { records, stopped } = course
  const isFine = records.every((record) => record.class === 'ok')
  world.log[isFine ? 'info' : 'warn'](renderSummary(records, course.elapsed()))
  if (options.failedTo !== undefined)
    await writeWhole(await writablePlace(options.failedTo), failedOf(records))
  if (course.error !== undefined) throw course.error
  const rules = { interrupted: stopped === 'interrupt', worst: options.worst }
  return { text: '', json: undefined, exit: exitOf(records, rules) }
}
