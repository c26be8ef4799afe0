import type { InventoryNode } from '../inventory.ts'
import { fold } from '../nodeset/fold.ts'
import { accountOf } from '../options.ts'
import type { Done } from '../over-nodes.ts'
import type { Selection } from '../select.ts'
import { plural } from '../summary.ts'
import type { CopyOptions } from './options.ts'

interface Doing {
  verb: string
  facts: object
}

/** What would be done where. */
export function renderDryRun(
  { targets, dead }: Selection,
  { sources, target, user, as }: CopyOptions,
  { verb, facts }: Doing,
): Done {
  const names = (nodes: readonly InventoryNode[]) => fold(nodes.map(({ name }) => name))
  const login = accountOf(user, as)
  const lines = [
    `would ${verb}, as ${login} on ${plural(targets.length, 'node')}: ${names(targets)}`,
  ]
  if (dead.length > 0)
    lines.push(`would leave out ${dead.length}, known to be dead: ${names(dead)}`)
  lines.push(...sources.map((source) => `  ${JSON.stringify(source)}`))
  lines.push(`  to ${JSON.stringify(target)}`, '')
  const json = { nodes: names(targets), dead: names(dead), login, sources, target, ...facts }
  return { text: lines.join('\n'), json, exit: 0 }
}
