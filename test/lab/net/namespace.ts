import { execFileSync } from 'node:child_process'
import type { Machine } from '../../../src/apply/machine.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'

const PREFIX = 'dfnet-'

export interface Namespace {
  name: string
  machine: Machine
  /** For what a test does itself, as a foreign hand. */
  sh(command: string): string
  remove(): void
}

export function makeNamespace(label: string): Namespace {
  const name = `${PREFIX}${process.pid}-${label}`
  execFileSync('ip', ['netns', 'add', name])
  execFileSync('ip', ['-n', name, 'link', 'set', 'lo', 'up'])
  return {
    name,
    machine: machineIn(name),
    sh: (command) =>
      execFileSync('ip', ['netns', 'exec', name, 'sh', '-euc', command], { encoding: 'utf8' }),
    remove: () => void execFileSync('ip', ['netns', 'del', name]),
  }
}

export async function withNamespace(
  label: string,
  test: (namespace: Namespace) => Promise<void>,
): Promise<void> {
  const namespace = makeNamespace(label)
  try {
    await test(namespace)
  } finally {
    namespace.remove()
  }
}

/** Why a command does not work on this kernel: the reason to skip what needs it. */
export function whyNot(command: string): string | undefined {
  const namespace = makeNamespace('probe')
  try {
    namespace.sh(`${command} 2>&1`)
    return undefined
  } catch (error) {
    const { stdout } = error as { stdout?: string }
    return `this kernel cannot "${command}": ${stdout?.trim() ?? error}`
  } finally {
    namespace.remove()
  }
}

/** Takes away the namespaces of test runs that were killed. */
export function sweepNamespaces(): void {
  const list = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
  for (const [name = '', pid] of list.matchAll(/^dfnet-(\d+)-\S+/gm)) {
    if (!isAlive(Number(pid))) execFileSync('ip', ['netns', 'del', name])
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function machineIn(namespace: string): Machine {
  const real = realMachine()
  return {
    ...real,
    run: (command) =>
      real.run({ ...command, argv: ['ip', 'netns', 'exec', namespace, ...command.argv] }),
  }
}
