import { Readable } from 'node:stream'
import { type Edge, main } from '../../src/cli.ts'
import { KeptStream } from './stream.ts'

export interface Ended {
  code: number
  stdout: string
  stderr: string
}

/** Runs a command line in this process, as the executable would. */
export async function dynfarm(argv: readonly string[], over: Partial<Edge> = {}): Promise<Ended> {
  const [stdout, stderr] = [new KeptStream(), new KeptStream()]
  const code = await main(argv, {
    stdin: Readable.from([]),
    stdout,
    stderr,
    env: {},
    onInterrupt: () => {},
    onHangup: () => {},
    onBrokenOutput: () => {},
    onSignals: () => {},
    self: ['dynfarm'],
    ...over,
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}
