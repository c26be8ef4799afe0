import { chooseNodes } from './choose.ts'
import type { Course } from './course.ts'
import type { InventoryNode } from './inventory.ts'
import { fold } from './nodeset/fold.ts'
import { accountOf, type ExecOptions } from './options.ts'
import { type Done, overNodes, type View, type Visit } from './over-nodes.ts'
import { openView } from './present/open.ts'
import { runCommand } from './run-command.ts'
import type { Selection } from './select.ts'
import { plural } from './summary.ts'
import type { World } from './world.ts'

/** One command on many nodes. */
export function runExec(options: ExecOptions, world: World): Promise<Done> {
  return chooseNodes(options.wanted, world, async (chosen) => {
    if (options.dryRun) return dryRun(chosen, options)
    const open = (course: Course, count: number) => openExec({ options, world, course, count })
    const { command, user } = options
    const about = { kind: 'exec', command: command.words, login: accountOf(user, command) } as const
    return overNodes(chosen, { options, world, open, about })
  })
}

function dryRun({ targets, dead }: Selection, { command, user }: ExecOptions): Done {
  const names = (nodes: readonly InventoryNode[]) => fold(nodes.map(({ name }) => name))
  const login = accountOf(user, command)
  const place = command.cwd ? ` in ${JSON.stringify(command.cwd)}` : ''
  const lines = [
    `would run as ${login}${place} on ${plural(targets.length, 'node')}: ${names(targets)}`,
  ]
  if (dead.length > 0)
    lines.push(`would leave out ${dead.length}, known to be dead: ${names(dead)}`)
  lines.push(...command.words.map((word) => `  ${JSON.stringify(word)}`), '')
  const json = { nodes: names(targets), dead: names(dead), login, command }
  return { text: lines.join('\n'), json, exit: 0 }
}

interface Opening {
  options: ExecOptions
  world: World
  course: Course
  count: number
}

const usualSize = { rows: 24, cols: 80 }

async function openExec(opening: Opening): Promise<View> {
  const view = await openView(opening)
  const { options, world, course } = opening
  const { command, commandTimeout: timeout, hasTerminal } = options
  const terminal = hasTerminal
    ? { ...(world.terminal?.size() ?? usualSize), term: world.env['TERM'] ?? 'vt100' }
    : undefined
  const visit = ({ name }: InventoryNode): Visit => {
    const bytes = { stdout: 0, stderr: 0 }
    const work: Visit['work'] = async (session, again) => {
      const streams = await view.streams(name, bytes)
      const run = { command, timeout, terminal, signal: course.killSignal }
      return runCommand(session, { ...run, ...streams, again })
    }
    return { work, facts: { bytes } }
  }
  return { visit, end: view.end, finish: view.finish }
}
