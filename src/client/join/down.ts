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
import { type Kept, loadIdentity, loadKept, nodePaths } from './state.ts'
import { planDown } from './take-down.ts'

export type DownOptions = Pick<
  JoinOptions,
  'stateDir' | 'version' | 'log' | 'signal' | 'machine' | 'versionsRoot'
> & { dryRun?: boolean }

export interface WentDown {
  name: string
  changed: boolean
}

/** Tunnel and links go, and what led through them leads nowhere; the identity stays. undefined: not joined. */
export async function goDown(options: DownOptions): Promise<WentDown | undefined> {
  requireRoot()
  const { stateDir, log, signal, machine = realMachine(), dryRun } = options
  const paths = nodePaths(stateDir)
  if ((await loadKept(machine, paths)) === undefined) return undefined
  const done = await transact({ machine, state: paths.folder, signal, log }, async (run) => {
    const kept = await loadKept(machine, paths)
    if (kept === undefined) return undefined
    const { node } = kept.answer
    const closed = node === undefined ? undefined : reachOf({ ...kept.answer, node })
    const network = await observeNetwork(machine)
    const hasTunnel = (await listTunnels(machine, network)).length > 0
    const tools = await observeTools(machine)
    const steps = await planDown({ machine, tools, network }, { closed })
    if (dryRun === true) for (const step of steps) log.info(renderStep(step))
    else await run.apply(steps)
    return { kept, hasTunnel, changed: steps.length > 0 }
  })
  if (done === undefined) return undefined
  const { kept, changed, hasTunnel } = done
  const secrets = await loadIdentity(machine, paths)
  // Who was down already has nothing to tell.
  if (hasTunnel && dryRun !== true && secrets !== undefined) await tell(kept, secrets.key, options)
  return { name: nameOf(kept), changed }
}

export function nameOf({ answer }: Kept): string {
  return answer.node?.name ?? answer.host?.name ?? ''
}

/** Nobody waits long for a machine that is about to stop. */
const MOST_MS = 3000

async function tell(kept: Kept, key: string, { version, log }: DownOptions): Promise<void> {
  if (kept.answer.node === undefined) return
  const client = clientOf(kept, key, log.warn)
  try {
    await client.request('report', { body: { state: 'down', version }, timeoutMs: MOST_MS })
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    log.debug(`the server was not told: ${error.message}`)
  } finally {
    client.close()
  }
}
