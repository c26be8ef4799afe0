import { main } from '../src/cli.ts'

// A reader that went away has all it wanted: `dynfarm site hosts | head` is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
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
}).then((code) => process.stdout.write('', () => process.exit(code)))
