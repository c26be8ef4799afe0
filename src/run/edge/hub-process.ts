import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HubOrder } from '../../hub/rootless/order.ts'
import { environment, type Tools } from './child.ts'
import { entering, type Outer } from './outer.ts'

/** The hub within the namespaces. What it says goes where this process says it. */
export interface HubProcess {
  /** Its exit code; undefined when a signal ended it. */
  ended: Promise<number | undefined>
  end(): Promise<void>
}

interface Starting extends Tools {
  self: readonly string[]
  /** Of the command line: how it is to speak. */
  flags: readonly string[]
}

export function startHub(outer: Outer, order: HubOrder, starting: Starting): HubProcess {
  const { path, self, flags } = starting
  const enter = [...entering(outer), '--net', '--mount', '--']
  const [program = '', ...words] = [...enter, ...self, 'inside-hub', ...flags]
  const child = spawn(program, words, {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: { ...environment(path), ...streamVariables() },
    // A ^C is for this process, which lets the hub end in good order.
    detached: true,
    cwd: '/',
  })
  child.stdin.on('error', () => {})
  child.stdin.write(`${JSON.stringify(order)}\n`)
  const ended = once(child, 'exit').then(([code]) => (code === null ? undefined : Number(code)))
  ended.catch(() => {})
  return {
    ended,
    end: async () => {
      child.stdin.end()
      await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })]).catch(() => {})
    },
  }
}

/** The namespaces' end is what ends it then. */
const GRACE_MS = 5000

/** By these a log knows what its stream is. */
function streamVariables(): NodeJS.ProcessEnv {
  const names = ['JOURNAL_STREAM', 'NO_COLOR', 'TERM']
  return Object.fromEntries(names.flatMap((name) => [[name, process.env[name]]]))
}
