import type { Machine } from '../apply/machine.ts'
import type { Run } from '../apply/transaction.ts'
import {
  type CheckResult,
  judgeCheck,
  type ObservedCommand,
  planCommand,
} from '../site/commands.ts'
import { readExists } from '../site/read.ts'
import type { CheckWanted, CommandWanted } from '../site/wanted.ts'
import { tryCommand } from './reading.ts'

interface AtWork {
  machine: Machine
  signal?: AbortSignal | undefined
}

/** One after the other, each looked at when its turn has come; the first that fails ends it with an error. */
export async function runCommands(
  commands: readonly CommandWanted[],
  { run, ...work }: AtWork & { run: Run },
): Promise<void> {
  for (const command of commands) {
    const step = planCommand(command, await observeCommand(command, work))
    if (step !== undefined) await run.apply([step], { record: true })
  }
}

async function observeCommand(
  { creates, unless, timeoutMs }: CommandWanted,
  { machine, signal }: AtWork,
): Promise<ObservedCommand> {
  const limits = { timeoutMs, signal }
  if (creates !== undefined) {
    const { code } = await tryCommand(machine, readExists(creates), limits)
    if (code === 0) return { createsExists: true }
  }
  if (unless === undefined) return {}
  return { unlessCode: (await tryCommand(machine, unless, limits)).code }
}

/** All of them, whatever some say. */
export async function runChecks(
  checks: readonly CheckWanted[],
  { machine, signal }: AtWork,
): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const check of checks) {
    const outcome = await tryCommand(machine, check.run, { timeoutMs: check.timeoutMs, signal })
    results.push(judgeCheck(check, outcome))
  }
  return results
}
