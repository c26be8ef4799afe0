import type { Machine } from '../../apply/machine.ts'
import { realMachine } from '../../apply/real-machine.ts'
import { statePaths } from '../../apply/state.ts'
import { transact } from '../../apply/transaction.ts'
import { undoRecord } from '../../apply/undo-record.ts'
import { versionsRoot } from '../../apply/version-places.ts'
import { versionsAt } from '../../apply/versions.ts'
import { DynfarmError } from '../../errors.ts'
import { renderStep } from '../../plan/render.ts'
import type { Step } from '../../plan/step.ts'
import { planSite } from '../../site/plan-site.ts'
import { observeSite } from '../observe-site.ts'
import { observeTools } from '../observe-tools.ts'
import { type DownOptions, nameOf } from './down.ts'
import { clientOf } from './report.ts'
import { requireRoot } from './root.ts'
import { type Aside, asideOf, planSetAside, setAside } from './set-aside.ts'
import {
  type Kept,
  loadIdentity,
  loadKept,
  type NodePaths,
  nodePaths,
  planForget,
} from './state.ts'
import { planDown } from './take-down.ts'

export interface Left {
  name: string
  /** What could not be undone; it stays on record for the next try. */
  problems: string[]
  /** Why the centre does not know of it yet. */
  untold?: string
  aside?: Aside
}

export type LeaveOptions = DownOptions & { configDir: string }

/** All that join did is undone, newest first; then the centre is told, and the identity forgotten. */
export async function leave(options: LeaveOptions): Promise<Left | undefined> {
  requireRoot()
  const { stateDir, log, signal, machine = realMachine() } = options
  const paths = nodePaths(stateDir)
  const state = paths.folder
  const kept = await loadKept(machine, paths)
  if (kept === undefined && !(await hasTraces(machine, paths))) return undefined
  if (options.dryRun === true) return await tellSteps(options, machine, paths)
  const { problems } = await undoRecord({ machine, state, log })
  const aside = await asideOf(machine, options.configDir)
  if (aside !== undefined)
    problems.push(...(await setAside(aside, { machine, state, signal, log })))
  await transact({ machine, state, signal, log }, async (run) => {
    await run.apply(await planLeave(machine, paths))
  })
  const untold =
    kept === undefined ? undefined : await tellCentre(kept, paths, { ...options, machine })
  const last = [...planForget(paths), ...(await planVersionsGone(options))]
  await transact({ machine, state, signal, log }, (run) => run.apply(last))
  const name = kept === undefined ? '' : nameOf(kept)
  return { name, problems, ...(untold !== undefined && { untold }), ...(aside && { aside }) }
}

/** The package's own version is another one, and goes on. */
async function planVersionsGone({
  versionsRoot: root = versionsRoot,
}: DownOptions): Promise<Step[]> {
  if (!(await versionsAt(root).areThere())) return []
  const reason = 'remove the versions that the centre sent'
  return [{ kind: 'command', reason, argv: ['rm', '-rf', '--', root] }]
}

/** Of a join that never ended, or of a leave that could not undo everything. */
async function hasTraces(machine: Machine, { folder, identity }: NodePaths): Promise<boolean> {
  const { record, journal } = statePaths(folder)
  const files = await Promise.all([identity, record, journal].map((path) => machine.readFile(path)))
  return files.some((file) => file !== undefined)
}

async function planLeave(machine: Machine, { folder }: NodePaths): Promise<Step[]> {
  const site = planSite(undefined, await observeSite(undefined, { machine, state: folder }))
  const tools = await observeTools(machine)
  return [
    ...site.parts.flatMap(({ steps }) => steps),
    ...(await planDown({ machine, tools }, { closed: undefined })),
  ]
}

/** What is on record is known by its undo alone, so it is told as one. */
async function tellSteps(
  options: LeaveOptions,
  machine: Machine,
  paths: NodePaths,
): Promise<Left | undefined> {
  const kept = await loadKept(machine, paths)
  if (kept === undefined) return undefined
  const { log, configDir } = options
  const aside = await asideOf(machine, configDir)
  log.info('first what is on record of files, hostname and commands, newest first; then:')
  const first = aside === undefined ? [] : [planSetAside(aside)]
  const steps = [...first, ...(await planLeave(machine, paths)), ...planForget(paths)]
  for (const step of [...steps, ...(await planVersionsGone(options))]) log.info(renderStep(step))
  return { name: nameOf(kept), problems: [] }
}

const MOST_MS = 10_000

/** Returns why it could not be told. */
async function tellCentre(
  kept: Kept,
  paths: NodePaths,
  { log, signal, machine }: DownOptions & { machine: Machine },
): Promise<string | undefined> {
  if (kept.answer.node === undefined)
    return 'an administrator must revoke the certificate of this host'
  const secrets = await loadIdentity(machine, paths)
  if (secrets === undefined) return 'the key of this machine is gone'
  const client = clientOf(kept, secrets.key, log.warn)
  try {
    await client.request('leave', { signal, timeoutMs: MOST_MS })
    return undefined
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code === 'interrupted') throw error
    return error.message
  } finally {
    client.close()
  }
}
