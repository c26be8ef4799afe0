import type { Machine } from '../apply/machine.ts'
import { realMachine } from '../apply/real-machine.ts'
import { readSettings } from '../client/join/settings.ts'
import { renderTable } from '../profile/table.ts'
import { type Ability, chooseMode, type Mode, observeAbilities } from './abilities.ts'
import { findPreloader } from './edge/libraries.ts'
import { toolPath } from './edge/own.ts'
import { tryServers } from './ports-out.ts'

/** What this machine allows a job, and what `--mode auto` would choose. */
export interface Examined {
  mode: Mode
  ns: readonly Ability[]
  /** By which "socks" reaches programs that do not know of it. */
  preloader: string | null
  /** What of the centre answers here. */
  out: readonly Ability[]
}

interface Asked {
  self: readonly [string, ...string[]]
  configDir: string
  /** Where none is given, those of join.yaml. */
  servers: readonly string[]
}

export async function examineForRun({ self, ...flags }: Asked): Promise<Examined> {
  const machine = realMachine()
  const { servers, proxy } = await readSettings(forUser(machine), flags)
  const [abilities, out] = await Promise.all([
    observeAbilities(machine, toolPath(self[0])),
    tryServers(servers, proxy),
  ])
  const { mode } = chooseMode('auto', abilities)
  const preloader = findPreloader(self[0])?.name ?? null
  return { mode, ...abilities, preloader, out }
}

/** What only root may read is not for this user. */
function forUser(machine: Machine): Machine {
  return { ...machine, readFile: (path) => machine.readFile(path).catch(() => undefined) }
}

export function renderExamined({ mode, ns, preloader, out }: Examined): string {
  const row = (good: string) => {
    return ({ name, isThere, why = '' }: Ability): [string, string] => [name, isThere ? good : why]
  }
  const chosen: [string, string] = ['mode', `"${mode}"`]
  const socks: [string, string] = ['proxychains4 or tsocks', preloader ?? 'neither is there']
  return renderTable(chosen, [...ns.map(row('is there')), socks, ...out.map(row('answers'))])
}
