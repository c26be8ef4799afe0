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
import { observeNetwork } from '../observe-network.ts'
import { observeSite } from '../observe-site.ts'
import { observeTools } from '../observe-tools.ts'
import { fileUnlessRefused } from '../reading.ts'
import { type DownOptions, nameOf } from './down.ts'
import { clientOf } from './report.ts'
import { requireRoot } from './root.ts'
import { findSecrets } from './secrets.ts'
import { type Aside, asideOf, planSetAside, setAside } from './set-aside.ts'
import { type FoundKept, findKept, type NodePaths, nodePaths, planForget } from './state.ts'
import { isOfNode, planDown } from './take-down.ts'

export interface Left {
  /** Empty where that is not known any more. */
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
  const found = await findKept(machine, paths)
  if (!(await hasTraces(machine, paths, found))) return undefined
  if (options.dryRun === true) return await tellSteps(options, machine, found)
  const lost = await lostFiles(machine, paths, found)
  const { problems } = await undoRecord({ machine, state, log })
  problems.push(...lost)
  const aside = await asideOf(machine, options.configDir)
  if (aside !== undefined)
    problems.push(...(await setAside(aside, { machine, state, signal, log })))
  await transact({ machine, state, signal, log }, async (run) => {
    await run.apply(await planLeave(machine, paths))
  })
  const untold = await tellCentre(found, paths, { ...options, machine })
  const last = [...planForget(paths), ...(await planVersionsGone(options))]
  await transact({ machine, state, signal, log }, (run) => run.apply(last))
  return {
    name: knownName(found),
    problems,
    ...(untold !== undefined && { untold }),
    ...(aside && { aside }),
  }
}

/** The package's own version is another one, and goes on. */
async function planVersionsGone({
  versionsRoot: root = versionsRoot,
}: DownOptions): Promise<Step[]> {
  if (!(await versionsAt(root).areThere())) return []
  const reason = 'remove the versions that the centre sent'
  return [{ kind: 'command', reason, argv: ['rm', '-rf', '--', root] }]
}

function knownName({ kept }: FoundKept): string {
  return kept === undefined ? '' : nameOf(kept)
}

/** Of a join that never ended, of a leave that could not undo everything, or of a node that lost what it knew. */
async function hasTraces(
  machine: Machine,
  { folder, identity, key }: NodePaths,
  { kept, damage }: FoundKept,
): Promise<boolean> {
  if (kept !== undefined || damage !== undefined) return true
  const { record, journal } = statePaths(folder)
  const paths = [identity, key, record, journal]
  const files = await Promise.all(paths.map((path) => fileUnlessRefused(machine, path)))
  return files.some((file) => file !== undefined) || isOfNode(await observeNetwork(machine))
}

/** What the site put here and no record says how to take away. */
async function lostFiles(
  machine: Machine,
  { folder }: NodePaths,
  { kept }: FoundKept,
): Promise<string[]> {
  const { record } = statePaths(folder)
  if (kept === undefined || (await machine.readFile(record)) !== undefined) return []
  const files = await Promise.all(
    kept.files.map(async (path) => ((await fileUnlessRefused(machine, path)) ? [path] : [])),
  )
  return files
    .flat()
    .map(
      (path) =>
        `"${path}" is the site's, and "${record}" is gone, which had what was there before it`,
    )
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
async function tellSteps(options: LeaveOptions, machine: Machine, found: FoundKept): Promise<Left> {
  const { log, configDir, stateDir } = options
  const paths = nodePaths(stateDir)
  const aside = await asideOf(machine, configDir)
  log.info('first what is on record of files, hostname and commands, newest first; then:')
  const first = aside === undefined ? [] : [planSetAside(aside)]
  const steps = [...first, ...(await planLeave(machine, paths)), ...planForget(paths)]
  for (const step of [...steps, ...(await planVersionsGone(options))]) log.info(renderStep(step))
  return { name: knownName(found), problems: [] }
}

const MOST_MS = 10_000

/** Returns why it could not be told. */
async function tellCentre(
  { kept, damage }: FoundKept,
  paths: NodePaths,
  { log, signal, machine }: DownOptions & { machine: Machine },
): Promise<string | undefined> {
  if (kept === undefined)
    return damage && `${damage}; an administrator must end it there: "dynfarm node forget NAME"`
  const name = nameOf(kept)
  if (kept.answer.node === undefined)
    return `an administrator must revoke its certificate: "dynfarm node revoke ${name}"`
  const { secrets, isOwn } = await findSecrets(machine, paths, kept.answer.certificate)
  if (secrets === undefined || !isOwn)
    return `the key of this machine is gone; an administrator must end it there: "dynfarm node forget ${name}"`
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
