import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { addAbortSignal, type Readable, type Writable } from 'node:stream'
import { DynfarmError } from '../../../src/errors.ts'
import { planCables } from './fabric.ts'
import { hostMark, type LabFolder, rootMark } from './folder.ts'
import { runInFabric } from './outside.ts'
import type { ProcessMark } from './process-mark.ts'
import type { HostSpec, Topology } from './topology.ts'

/** As long as it is open, or once the lab is detached, the lab lives. */
export interface Lifeline {
  cut(): void
}

/** A lab whose first process runs. */
export interface Standing {
  folder: LabFolder
  root: ProcessMark
  topology: Topology
}

interface Child {
  process: ChildProcess
  stdin: Writable
  stdout: Readable
  ended: Promise<void>
}

/** Starts the process that holds all of a lab together. */
export async function startRoot(
  folder: LabFolder,
  hidden: readonly string[],
  signal?: AbortSignal,
): Promise<{ root: ProcessMark; lifeline: Lifeline }> {
  const child = spawnLogged(folder, 'root', [
    ...['unshare', '--net', '--mount', '--pid', '--fork'],
    ...['sh', script('root.sh'), folder.path, ...hidden],
  ])
  try {
    await told(listen(child, signal), folder, ['root'], 'ready')
  } catch (error) {
    child.stdin.end()
    await child.ended
    throw error
  }
  letGo(child)
  const root = rootMark(folder)
  if (root === undefined) throw new Error('the first process of the lab left no mark')
  return { root, lifeline: { cut: () => child.stdin.end() } }
}

/** Starts hosts, plugs them in, and waits until each one's sshd listens. */
export async function startHosts(
  { folder, root, topology }: Standing,
  hosts: readonly HostSpec[],
  signal?: AbortSignal,
): Promise<void> {
  const names = hosts.map((host) => host.name)
  const starter = spawnLogged(folder, 'start', [
    ...['nsenter', '-t', `${root.pid}`, '-m', '-n', '-p', '--'],
    ...['sh', script('start.sh'), folder.path, ...names],
  ])
  const lines = listen(starter, signal)
  try {
    await told(lines, folder, names, 'made')
    const cables = hosts.flatMap((host) => planCables(topology, host, pidOf(folder, host)))
    await runInFabric(root, cables)
    starter.stdin.end()
    await told(lines, folder, names, 'up')
  } catch (error) {
    starter.process.kill('SIGKILL')
    await starter.ended
    throw error
  }
  letGo(starter)
}

function spawnLogged(folder: LabFolder, name: string, argv: readonly string[]): Child {
  const log = openSync(join(folder.path, 'log', name), 'a')
  const [file = '', ...args] = argv
  // A session of its own: ^C at the terminal is for the runner to hear, who then takes the lab down.
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', log], detached: true })
  closeSync(log)
  const { stdin, stdout } = child
  if (stdin === null || stdout === null) throw new Error(`no pipes to "${file}"`)
  child.on('error', (error) => stdout.destroy(error))
  stdin.on('error', () => {})
  const ended = new Promise<void>((end) =>
    child.once('exit', () => end()).once('error', () => end()),
  )
  return { process: child, stdin, stdout, ended }
}

/** The hosts keep their end open; the runner must be able to end all the same. */
function letGo(child: Child): void {
  child.stdout.destroy()
  child.process.unref()
}

function listen(child: Child, signal?: AbortSignal): AsyncIterator<string> {
  const patience = AbortSignal.timeout(120_000)
  const limit = signal === undefined ? patience : AbortSignal.any([patience, signal])
  addAbortSignal(limit, child.stdout)
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

/** Waits until each of the names has said the word. */
async function told(
  lines: AsyncIterator<string>,
  folder: LabFolder,
  names: readonly string[],
  word: string,
): Promise<void> {
  const silent = new Set(names)
  while (silent.size > 0) {
    const line = await lines.next()
    if (line.done) throw neverSaid(folder, [...silent].join(', '), word)
    const [name = '', said] = line.value.split(' ')
    if (said === 'ended') throw neverSaid(folder, name, word)
    if (said === word) silent.delete(name)
  }
}

function neverSaid(folder: LabFolder, name: string, word: string): DynfarmError {
  const log = join(folder.path, 'log', name)
  const why = existsSync(log) ? readFileSync(log, 'utf8').trim() : ''
  return new DynfarmError('step-failed', `lab host "${name}" is not ${word}: ${why}`)
}

function pidOf(folder: LabFolder, host: HostSpec): number {
  const mark = hostMark(folder, host.name)
  if (mark === undefined) throw new Error(`host "${host.name}" left no mark`)
  return mark.pid
}

function script(name: string): string {
  return new URL(name, import.meta.url).pathname
}
