import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { DynfarmError } from '../../../src/errors.ts'
import { isCode } from '../lib/process-mark.ts'
import { makeOwnFolder, sweepCache } from './cache.ts'
import { findModulesDisk, makeCargoDisk } from './cargo.ts'
import { findImage } from './image.ts'
import { type Machine, ports, qemuCommand } from './qemu.ts'
import { untilMark } from './until-mark.ts'

export interface VmOptions {
  tree: string
  stdin: Uint8Array
  stdout: Writable
  stderr: Writable
  /** Ends the machine: a timeout, ^C. */
  signal: AbortSignal
  tell(what: string): void
}

/** Runs a command in a fresh machine that has the project, and gives its exit code. */
export async function runInVm(argv: readonly string[], options: VmOptions): Promise<number> {
  sweepCache()
  const image = await findImage(options.tell)
  const folder = makeOwnFolder('runs', randomBytes(4).toString('hex'))
  try {
    const mark = `\u0001${randomBytes(16).toString('hex')}`
    const cargo = await makeCargoDisk(folder, options.tree, { argv, stdin: options.stdin, mark })
    const disks = [cargo, await findModulesDisk(options.tree)]
    options.signal.throwIfAborted()
    return await boot({ image, disks, console: join(folder, 'console') }, folder, options, mark)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function boot(
  machine: Machine,
  folder: string,
  { stdout, stderr, signal }: VmOptions,
  mark: string,
): Promise<number> {
  const qemu = start(machine, folder)
  const kill = () => qemu.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  const ended = new Promise((end) => qemu.once('exit', end).once('error', end))
  try {
    const [code] = await Promise.all([
      text(untilMark(port(qemu, 'code'), Buffer.from('\n'))),
      pipeline(untilMark(port(qemu, 'out'), Buffer.from(mark)), stdout, { end: false }),
      pipeline(untilMark(port(qemu, 'err'), Buffer.from(mark)), stderr, { end: false }),
    ])
    return Number(code)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw isCode(error, 'EPIPE') ? error : await brokeOff(qemu, machine)
  } finally {
    kill()
    await ended
    signal.removeEventListener('abort', kill)
  }
}

function start(machine: Machine, folder: string): ChildProcess {
  const [file = '', ...args] = qemuCommand(machine)
  const qemu = spawn(file, args, {
    stdio: ['ignore', 'ignore', 'pipe', ...ports.map(() => 'pipe' as const)],
    // Its copies of the disks, which take the writes, go where everything of this run is removed.
    env: { ...process.env, TMPDIR: folder },
    detached: true,
  })
  qemu.on('error', () => {})
  return qemu
}

function port(qemu: ChildProcess, name: (typeof ports)[number]): Readable {
  const stream = qemu.stdio[3 + ports.indexOf(name)]
  if (!(stream instanceof Readable)) throw new Error(`no port "${name}"`)
  return stream
}

/** The machine went away by itself: what it said last is the best there is to tell. */
async function brokeOff(qemu: ChildProcess, { console }: Machine): Promise<DynfarmError> {
  qemu.kill('SIGKILL')
  const complaint = qemu.stderr === null ? '' : await text(qemu.stderr)
  const screen = existsSync(console) ? readFileSync(console, 'utf8') : ''
  const last = `${complaint}${screen}`.trim().split('\n').slice(-20).join('\n')
  return new DynfarmError('step-failed', `the virtual machine ended before its command:\n${last}`)
}
