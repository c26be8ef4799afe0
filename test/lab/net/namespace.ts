import { execFileSync, spawn } from 'node:child_process'
import type { Command, Machine, Outcome } from '../../../src/apply/machine.ts'

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
  const none = () => Promise.reject(new Error('the network has no files'))
  return {
    run: (command) => run(['netns', 'exec', namespace, ...command.argv], command),
    readFile: none,
    writeFile: none,
    removeFile: none,
  }
}

function run(args: readonly string[], { input = '', signal }: Command): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', args, { env: { ...process.env, LC_ALL: 'C' }, signal })
    const output = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: code ?? 128, ...output }))
    child.stdin.on('error', () => undefined).end(input)
  })
}
