import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex, Readable } from 'node:stream'
import type { Image } from './image.ts'
import { MachineCrashed } from './once-more.ts'
import { bareMachine, channel, drive, keepTail } from './qemu.ts'

export interface Run {
  image: Image
  /** The disk with the tree and the command. */
  tree: string
  /** Disks that the machine changes, vdd and on. What it flushed is in the files, however the machine ends. */
  kept?: readonly string[]
  /** Told the process of the machine as soon as there is one. */
  started?: (pid: number) => void
  timeoutSeconds: number
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
  signal: AbortSignal
}

/** Boots, runs the command of the disk, and gives its exit code. */
export async function runMachine(run: Run): Promise<number> {
  const machine = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'qemu-system-x86_64', ...arguments_(run)],
    {
      // Standard output is the console; then come one socket each for the command's output, errors and end.
      stdio: ['ignore', 'pipe', 'inherit', 'pipe', 'pipe', 'pipe'],
    },
  )
  if (machine.pid !== undefined) run.started?.(machine.pid)
  const stop = () => machine.kill('SIGKILL')
  const timer = setTimeout(stop, run.timeoutSeconds * 1000)
  run.signal.addEventListener('abort', stop)
  const console_ = keepTail(machine.stdio[1] as Readable)
  port(machine, 3).pipe(run.stdout, { end: false })
  port(machine, 4).pipe(run.stderr, { end: false })
  const status = await textOf(port(machine, 5))
  if (machine.exitCode === null && machine.signalCode === null) await once(machine, 'exit')
  clearTimeout(timer)
  run.signal.throwIfAborted()
  if (/^\d+\n$/.test(status)) return Number(status)
  if (machine.signalCode === 'SIGSEGV') throw new MachineCrashed('QEMU crashed')
  throw new Error(
    `the machine ended without a result, or ran over ${run.timeoutSeconds} s\n${console_()}`,
  )
}

function arguments_({ image, tree, kept = [] }: Run): string[] {
  return [
    ...bareMachine(image, { memoryMB: 2048 }),
    ...['-no-reboot', '-nic', 'none'],
    ...[image.disk, image.modules, tree].flatMap((disk) => drive(disk, 'snapshot=on')),
    ...kept.flatMap((disk) => drive(disk, 'cache=writeback')),
    ...channel('stdout', 3),
    ...channel('stderr', 4),
    ...channel('status', 5),
  ]
}

function port(machine: ChildProcess, index: number): Duplex {
  return machine.stdio[index] as Duplex
}

async function textOf(stream: Duplex): Promise<string> {
  stream.setEncoding('utf8')
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}
