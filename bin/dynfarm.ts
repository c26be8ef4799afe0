import { main } from '../src/cli.ts'

// A reader that went away has all it wanted: `dynfarm site hosts | head` is no error. A full disk is one.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0)
    if (stream === process.stdout)
      process.stderr.write(`dynfarm: cannot write the output: ${code}\n`)
    process.exit(71)
  })
}

// The first ^C asks the command to put things right and end; the second does not wait for it.
let interrupted: (() => void) | undefined
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupted === undefined) process.exit(130)
    interrupted()
    interrupted = undefined
  })
}

main(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onInterrupt: (listener) => {
    interrupted = listener
  },
  // Without a listener the process ends by it, as any does.
  onHangup: (listener) => {
    process.on('SIGHUP', listener)
  },
}).then((code) => {
  // What was written before is out, or its error is told above.
  process.stdout.write('', (error) => {
    if (!error) process.exit(code)
  })
})
