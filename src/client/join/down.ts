import type { Machine } from '../../apply/machine.ts'
import { realMachine } from '../../apply/real-machine.ts'
import { transact } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import { renderStep } from '../../plan/render.ts'
import { observeNetwork } from '../observe-network.ts'
import { observeTools } from '../observe-tools.ts'
import type { JoinOptions } from './joined.ts'
import { listTunnels } from './observe-tunnel.ts'
import { reachOf } from './reach.ts'
import { clientOf } from './report.ts'
import { requireRoot } from './root.ts'
import { findSecrets } from './secrets.ts'
import { type FoundKept, findKept, type Kept, type NodePaths, nodePaths } from './state.ts'
import { isOfNode, planDown, type Remains } from './take-down.ts'

export type DownOptions = Pick<
  JoinOptions,
  'stateDir' | 'version' | 'log' | 'signal' | 'machine' | 'versionsRoot'
> & { dryRun?: boolean }

export interface WentDown {
  /** Empty where that is not known any more. */
  name: string
  changed: boolean
  /** What is not known any more of the join, and so was not done by it. */
  damage?: string
}

/** Tunnel and links go, and what led through them leads nowhere; the identity stays. undefined: not joined. */
export async function goDown(options: DownOptions): Promise<WentDown | undefined> {
  requireRoot()
  const { stateDir, log, signal, machine = realMachine(), dryRun } = options
  const paths = nodePaths(stateDir)
  if (!(await isJoined(machine, paths))) return undefined
  const done = await transact({ machine, state: paths.folder, signal, log }, async (run) => {
    const found = await findKept(machine, paths)
    const network = await observeNetwork(machine)
    const hasTunnel = (await listTunnels(machine, network)).length > 0
    const tools = await observeTools(machine)
    const steps = await planDown({ machine, tools, network }, { closed: closedOf(found) })
    if (dryRun === true) for (const step of steps) log.info(renderStep(step))
    else await run.apply(steps)
    return { ...found, hasTunnel, changed: steps.length > 0 }
  })
  const { kept, damage, changed, hasTunnel } = done
  // Who was down already has nothing to tell.
  if (kept !== undefined && hasTunnel && dryRun !== true) await tell(kept, paths, options)
  const name = kept === undefined ? '' : nameOf(kept)
  return { name, changed, ...(damage !== undefined && { damage }) }
}

/** By what is kept of it, or what it left: a machine may have lost all that it knew. A hub is no node. */
async function isJoined(machine: Machine, paths: NodePaths): Promise<boolean> {
  const { kept, damage } = await findKept(machine, paths)
  if (kept !== undefined) return kept.answer.host?.role !== 'hub'
  if (damage !== undefined) return true
  return isOfNode(await observeNetwork(machine))
}

function closedOf({ kept }: FoundKept): Remains['closed'] {
  if (kept === undefined) return 'as-it-is'
  const { node } = kept.answer
  return node === undefined ? undefined : reachOf({ ...kept.answer, node })
}

export function nameOf({ answer }: Kept): string {
  return answer.node?.name ?? answer.host?.name ?? ''
}

/** Nobody waits long for a machine that is about to stop. */
const MOST_MS = 3000

async function tell(
  kept: Kept,
  paths: NodePaths,
  { version, log, machine = realMachine() }: DownOptions,
): Promise<void> {
  const { secrets } = await findSecrets(machine, paths, kept.answer.certificate)
  if (kept.answer.node === undefined || secrets === undefined) return
  const client = clientOf(kept, secrets.key, log.warn)
  try {
    await client.request('report', { body: { state: 'down', version }, timeoutMs: MOST_MS })
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    log.debug(`the server was not told: ${error.message}`)
  } finally {
    client.close()
  }
}
