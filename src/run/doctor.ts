import { realMachine } from '../apply/real-machine.ts'
import { renderTable } from '../profile/table.ts'
import { type Ability, chooseMode, type Mode, observeAbilities } from './abilities.ts'
import { findPreloader } from './edge/libraries.ts'
import { toolPath } from './edge/own.ts'

/** What this machine allows a job, and what `--mode auto` would choose. */
export interface Examined {
  mode: Mode
  ns: readonly Ability[]
  /** By which "socks" reaches programs that do not know of it. */
  preloader: string | null
}

export async function examineForRun(self: readonly [string, ...string[]]): Promise<Examined> {
  const abilities = await observeAbilities(realMachine(), toolPath(self[0]))
  const { mode } = chooseMode('auto', abilities)
  const preloader = findPreloader(self[0])?.name ?? null
  return { mode, ...abilities, preloader }
}

export function renderExamined({ mode, ns, preloader }: Examined): string {
  const rows = ns.map(({ name, isThere, why = '' }): [string, string] => [
    name,
    isThere ? 'is there' : why,
  ])
  const chosen: [string, string] = ['mode', `"${mode}"`]
  const socks: [string, string] = ['proxychains4 or tsocks', preloader ?? 'neither is there']
  return renderTable(chosen, [...rows, socks])
}
