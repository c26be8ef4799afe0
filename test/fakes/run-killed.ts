import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
// Loaded before the calls are counted, since a loader opens files too.
import 'execa'
import { applyPlan } from '../../src/apply/apply.ts'
import { realMachine } from '../../src/apply/real-machine.ts'
import type { Step } from '../../src/plan/step.ts'

/**
 * Applies a plan and kills itself before its k-th change of a file; with k = 0 it lives and prints how
 * many there were. Its one argument is such an order as JSON.
 */
export interface Order {
  steps: Step[]
  state: string
  killAt: number
  record?: boolean
}

const order: Order = JSON.parse(process.argv[2] ?? '')
let changes = 0

type AnyFunction = (...rest: unknown[]) => unknown

function countCalls(target: object, names: string[]): void {
  const functions = target as Record<string, AnyFunction>
  for (const name of names) {
    const original = functions[name]
    if (original === undefined) throw new Error(`there is no ${name}`)
    functions[name] = function (this: unknown, ...rest: unknown[]) {
      changes += 1
      if (changes === order.killAt) process.kill(process.pid, 'SIGKILL')
      return original.apply(this, rest)
    }
  }
}

const handle = await fs.promises.open(process.execPath)
countCalls(Object.getPrototypeOf(handle), ['chmod', 'chown', 'writeFile', 'truncate'])
await handle.close()
countCalls(fs.promises, ['rename', 'rm', 'unlink'])
countCalls(fs, ['writeSync', 'ftruncateSync', 'mkdirSync', 'rmSync', 'renameSync'])
syncBuiltinESMExports()

const { steps, state, record } = order
await applyPlan(steps, { machine: realMachine(), state, record }).catch(() => undefined)
fs.writeFileSync(1, `${changes}\n`)
