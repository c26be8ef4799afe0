import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Edge } from '../../../../src/cli.ts'
import type { Target } from '../../../../src/remote/session/target.ts'
import { dynfarm, type Ended } from '../../../fakes/edge.ts'
import type { Farm } from './hosts.ts'

export interface KnownNode {
  target: Target
  state?: string
  labels?: Record<string, string>
  changedHostKeys?: string[]
}

/** A way to run one of the commands of `dynfarm remote`. */
export type RunRemote = (words: readonly string[], over?: Partial<Edge>) => Promise<Ended>

/** Writes the kept copy of the inventory and gives a way to run `dynfarm remote exec` with it. */
export function remoteExec(farm: Farm, nodes: readonly KnownNode[]): RunRemote {
  return remoteCommand(farm, nodes)('exec')
}

/** The same for any command. */
export function remoteCommand(
  farm: Farm,
  nodes: readonly KnownNode[],
): (command: string) => RunRemote {
  const state = writeInventory(farm.folder, nodes)
  const common = ['--state', state, '-i', farm.identity.path]
  return (command) =>
    (words, over = {}) =>
      dynfarm(['remote', command, ...common, ...words], { stdin: Readable.from([]), ...over })
}

/** Gives the state folder that it is in. */
export function writeInventory(folder: string, nodes: readonly KnownNode[]): string {
  const state = join(folder, 'state')
  mkdirSync(join(state, 'remote'), { recursive: true })
  const inventory = { takenAt: Date.now(), nodes: nodes.map(inventoryNode) }
  writeFileSync(join(state, 'remote', 'inventory.json'), JSON.stringify(inventory))
  return state
}

function inventoryNode({ target, state = 'ready', labels = {}, changedHostKeys }: KnownNode) {
  const { name, addresses, port, hostKeys } = target
  const site = name.split('-')[0]
  return {
    name,
    site,
    state,
    addresses,
    port,
    hostKeys,
    labels,
    ...(changedHostKeys && { changedHostKeys }),
  }
}
