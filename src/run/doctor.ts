import { realMachine } from '../apply/real-machine.ts'
import { DynfarmError } from '../errors.ts'
import { renderTable } from '../profile/table.ts'
import { type Ability, chooseMode, type Mode, observeAbilities } from './abilities.ts'
import { toolPath } from './edge/own.ts'

/** What this machine allows a job, and what `--mode auto` would choose. */
export interface Examined {
  mode: Mode | null
  ns: readonly Ability[]
}

export async function examineForRun(self: readonly [string, ...string[]]): Promise<Examined> {
  const abilities = await observeAbilities(realMachine(), toolPath(self[0]))
  try {
    return { mode: chooseMode('auto', abilities), ...abilities }
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    return { mode: null, ...abilities }
  }
}

export function renderExamined({ mode, ns }: Examined): string {
  const rows = ns.map(({ name, isThere, why = '' }): [string, string] => [
    name,
    isThere ? 'is there' : why,
  ])
  const chosen: [string, string] = ['mode', mode === null ? 'none' : `"${mode}"`]
  return renderTable(chosen, rows)
}
