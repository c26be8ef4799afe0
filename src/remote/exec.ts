import { join } from 'node:path'
import { lockState } from '../apply/lock.ts'
import { type Course, startCourse } from './course.ts'
import { fanOut } from './fan-out.ts'
import { checkWritable, writeWhole } from './files/small.ts'
import { loadIdentity } from './identity.ts'
import { answerInterrupts } from './interrupt.ts'
import type { InventoryNode, LoadInventory } from './inventory.ts'
import { fold } from './nodeset/fold.ts'
import { readersFrom } from './nodeset.ts'
import type { ExecOptions } from './options.ts'
import { openView } from './present/open.ts'
import { exitOf, type HostRecord } from './record.ts'
import { runHost } from './run-host.ts'
import { type Selection, select } from './select.ts'
import { connectTo, type Login } from './session/connect.ts'
import { failedOf, plural, renderSummary } from './summary.ts'
import type { World } from './world.ts'

export interface ExecDone {
  text: string
  json: unknown
  exit: number
}

/** One command on many nodes, each of which ends in exactly one class, whatever the others do. */
export async function runExec(
  options: ExecOptions,
  world: World,
  loadInventory: LoadInventory,
): Promise<ExecDone> {
  const selection = await select(options.wanted, await loadInventory(), readersFrom(world.stdin))
  if (options.dryRun) return dryRun(selection, options)
  if (options.failedTo !== undefined) await checkWritable(options.failedTo)
  const identity = await loadIdentity(options.identity, world.env)
  const lock = lockOf(options, world)
  try {
    const login = { user: options.user, identity, timeout: options.connectTimeout }
    return await runAll(selection, login, { options, world })
  } finally {
    lock?.release()
  }
}

function lockOf({ lock }: ExecOptions, { stateDir }: World) {
  return lock === undefined ? undefined : lockState(join(stateDir, 'remote', 'locks', lock))
}

function dryRun({ targets, dead }: Selection, { command }: ExecOptions): ExecDone {
  const names = (nodes: readonly InventoryNode[]) => fold(nodes.map(({ name }) => name))
  const lines = [`would run on ${plural(targets.length, 'node')}: ${names(targets)}`]
  if (dead.length > 0)
    lines.push(`would leave out ${dead.length}, known to be dead: ${names(dead)}`)
  lines.push(...command.words.map((word) => `  ${JSON.stringify(word)}`), '')
  const json = { nodes: names(targets), dead: names(dead), command }
  return { text: lines.join('\n'), json, exit: 0 }
}

interface Work {
  options: ExecOptions
  world: World
}

async function runAll({ targets, dead }: Selection, login: Login, work: Work): Promise<ExecDone> {
  const { options, world } = work
  const course = startCourse(targets.map(({ name }) => name))
  const view = await openView({ ...work, course, count: targets.length })
  answerInterrupts(world.onNextInterrupt, {
    show: () => world.log.warn(course.render()),
    stop: () => course.stop('interrupt'),
  })
  const finish = async (record: HostRecord) => {
    course.end(record)
    await view.end(record)
    if (options.stopAtFailure && record.class !== 'ok') course.stop('failure')
  }
  for (const node of dead) await finish(skipped(node, 'dead'))
  const visit = async (node: InventoryNode) =>
    finish(await visitNode(node, login, { ...work, course, view }))
  const isStopped = () => course.stopped !== undefined
  const left = await fanOut(targets, visit, { width: options.width, isStopped })
  for (const node of left) await finish(skipped(node, 'stopped'))
  await view.finish()
  return conclude(course, work)
}

type Visit = Work & { course: Course; view: Awaited<ReturnType<typeof openView>> }

async function visitNode(
  node: InventoryNode,
  login: Login,
  { options, world, course, view }: Visit,
): Promise<HostRecord> {
  const { command, commandTimeout: timeout, hasTerminal, retries } = options
  const target = {
    name: node.name,
    addresses: node.addresses,
    port: node.port ?? 22,
    hostKeys: node.hostKeys,
    hasChangedKeys: (node.changedHostKeys ?? []).length > 0,
  }
  const terminal = hasTerminal
    ? { rows: 24, cols: 80, term: world.env['TERM'] ?? 'vt100' }
    : undefined
  const bytes = { stdout: 0, stderr: 0 }
  course.begin(node.name)
  const run = await runHost(target, {
    run: { command, timeout, terminal, signal: course.killSignal },
    streams: () => view.streams(node.name, bytes),
    connect: (to) => connectTo(to, login),
    retries,
    wait: course.wait,
    random: Math.random,
  })
  const skip = run.class === 'skipped' ? { skip: 'stopped' as const } : {}
  return { node: node.name, site: node.site, bytes, ...run, ...skip }
}

function skipped({ name, site, state }: InventoryNode, skip: 'dead' | 'stopped'): HostRecord {
  const reason = skip === 'dead' ? `known to be dead (${state})` : 'not begun any more'
  const outcome = {
    class: 'skipped',
    phase: 'select',
    started: false,
    attempts: 0,
    reason,
  } as const
  const bytes = { stdout: 0, stderr: 0 }
  return { node: name, site, bytes, ...outcome, durations: { total: 0 }, skip }
}

async function conclude(course: Course, { options, world }: Work): Promise<ExecDone> {
  const { records, stopped } = course
  if (options.failedTo !== undefined) await writeWhole(options.failedTo, failedOf(records))
  const isFine = records.every((record) => record.class === 'ok')
  world.log[isFine ? 'info' : 'warn'](renderSummary(records, course.elapsed()))
  if (course.error !== undefined) throw course.error
  const rules = { interrupted: stopped === 'interrupt', worst: options.worst }
  return { text: '', json: undefined, exit: exitOf(records, rules) }
}
