import { isSea } from 'node:sea'
import { killRunning } from '../src/apply/running.ts'
import { main } from '../src/cli.ts'

// A reader that went away has all it wanted: `dynfarm site hosts | head` is no error. A full disk is one.
let broken: ((error: NodeJS.ErrnoException) => void) | undefined
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    const { code } = error
    if (broken !== undefined) return broken(error)
    if (code === 'EPIPE') process.exit(0)
    if (stream === process.stdout)
      process.stderr.write(`dynfarm: cannot write the output: ${code}\n`)
    process.exit(71)
  })
}

process.on('exit', killRunning)

// ^C asks the command to put things right and end; the next one does not wait for it, unless the command asked again.
const taken = new Set<NodeJS.Signals>()
let interrupted: ((signal: NodeJS.Signals) => void) | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (taken.has(signal)) return
    if (interrupted === undefined) process.exit(130)
    const listener = interrupted
    interrupted = undefined
    listener(signal)
  })
}

main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  // Looked at only when a command wants it: that alone can make reading begin.
  get stdin() {
    return process.stdin
  },
  onInterrupt: (listener) => {
    interrupted = listener
  },
  // Without a listener the process ends by it, as any does.
  onHangup: (listener) => {
    process.on('SIGHUP', listener)
  },
  onBrokenOutput: (listener) => {
    broken = listener
  },
  onSignals: (signals, listener) => {
    for (const signal of signals) {
      taken.add(signal)
      process.on(signal, listener)
    }
  },
  self: isSea() ? [process.execPath] : [process.execPath, process.argv[1] ?? ''],
}).then((code) => {
  // What was written before is out, or its error was told above, or to the command.
  process.stdout.write('', (error) => {
    if (!error || broken !== undefined) process.exit(code)
  })
})
