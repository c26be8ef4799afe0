import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex, Readable } from 'node:stream'
import type { Image } from './image.ts'

export interface Run {
  image: Image
  /** The disk with the tree and the command. */
  tree: string
  /** A disk that the machine changes. What it flushed is in the file, however the machine ends. */
  kept?: string
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
  throw new Error(
    `the machine ended without a result, or ran over ${run.timeoutSeconds} s\n${console_()}`,
  )
}

function arguments_({ image, tree, kept }: Run): string[] {
  const drive = (file: string, how: string) => [
    '-drive',
    `file=${file},format=raw,if=virtio,${how}`,
  ]
  const disk = (file: string) => drive(file, 'snapshot=on')
  const channel = (name: string, fd: number) => [
    ...['-chardev', `socket,id=${name},fd=${fd}`],
    ...['-device', `virtserialport,chardev=${name},name=${name}`],
  ]
  return [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', '2048'],
    ...['-display', 'none', '-no-reboot', '-monitor', 'none', '-nic', 'none', '-serial', 'stdio'],
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', kernelLine],
    ...[image.disk, image.modules, tree].flatMap(disk),
    ...(kept === undefined ? [] : drive(kept, 'cache=writeback')),
    ...['-device', 'virtio-serial-pci'],
    ...channel('stdout', 3),
    ...channel('stderr', 4),
    ...channel('status', 5),
  ]
}

const kernelLine =
  'console=ttyS0 root=/dev/vda rw panic=-1 quiet mitigations=off tsc=reliable audit=0 selinux=0 apparmor=0'

function port(machine: ChildProcess, index: number): Duplex {
  return machine.stdio[index] as Duplex
}

async function textOf(stream: Duplex): Promise<string> {
  stream.setEncoding('utf8')
  let text = ''
  for await (const chunk of stream) text += chunk
  return text
}

/** The last of the console, for when the machine tells nothing else. */
function keepTail(stream: NodeJS.ReadableStream): () => string {
  let tail = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    tail = (tail + text).slice(-4000)
  })
  return () => tail.trim()
}
