import { closingLines } from '../../net/routes.ts'
import type { Step } from '../../plan/step.ts'
import { closedNetwork } from './network.ts'
import type { Reach } from './reach.ts'
import type { NodePaths } from './state.ts'

/** What a boot closes before it has a network, as `ip -batch` takes it: nothing of dynfarm's runs so early. */
export function planClosing(
  { closed: path }: Pick<NodePaths, 'closed'>,
  reach: Reach,
  former: Uint8Array | undefined,
): Step[] {
  const lines = closingLines(closedNetwork(reach).routes)
  const content = lines.map((line) => `${line}\n`).join('')
  if (former !== undefined && Buffer.from(former).toString() === content) return []
  const reason = 'what is closed from the next boot on'
  return [{ kind: 'file', reason, path, content, mode: 0o600 }]
}
