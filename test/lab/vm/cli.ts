import { constants } from 'node:os'
import { buffer } from 'node:stream/consumers'
import { Command, CommanderError } from 'commander'
import { DynfarmError } from '../../../src/errors.ts'
import { isCode } from '../lib/process-mark.ts'
import { runInVm } from './run.ts'

const program = new Command('scripts/vm')
  .description(
    'runs a command in a virtual machine with systemd and a full kernel, and the project',
  )
  .argument('<command...>')
  .option('-i, --stdin', 'give it the standard input, read to its end first')
  .option('--timeout <seconds>', 'end it after this time, with 124', Number, 600)
  .passThroughOptions()
  .exitOverride()

const timedOut = Symbol('timed out')
const stopSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

async function run(argv: string[], options: { stdin?: boolean; timeout: number }): Promise<number> {
  const { timeout } = options
  if (!(timeout > 0 && timeout < 1_000_000)) throw badTimeout()
  const end = new AbortController()
  // Kept to the end: execa sends a signal on that it alone still listens to.
  for (const signal of stopSignals) process.on(signal, () => end.abort(signal))
  const timer = setTimeout(() => end.abort(timedOut), timeout * 1000)
  try {
    return await runInVm(argv, {
      tree: new URL('../../..', import.meta.url).pathname.replace(/\/$/, ''),
      stdin: options.stdin ? await buffer(process.stdin) : Buffer.alloc(0),
      stdout: process.stdout,
      stderr: process.stderr,
      signal: end.signal,
      tell,
    })
  } catch (error) {
    if (!end.signal.aborted) throw error
    return afterAbort(end.signal.reason, timeout)
  } finally {
    clearTimeout(timer)
  }
}

function afterAbort(reason: typeof timedOut | (typeof stopSignals)[number], timeout: number) {
  if (reason !== timedOut) return 128 + constants.signals[reason]
  tell(`ended after ${timeout} s`)
  return 124
}

function badTimeout(): DynfarmError {
  const hint = 'scripts/vm --help'
  return new DynfarmError('usage', 'the timeout must be a number of seconds', { hint })
}

function fail(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64
  if (isCode(error, 'EPIPE')) return 128 + constants.signals.SIGPIPE
  if (!(error instanceof DynfarmError)) throw error
  tell(error.message)
  if (error.hint !== undefined) tell(`hint: ${error.hint}`)
  return error.exit
}

function tell(what: string): void {
  process.stderr.write(`vm: ${what}\n`)
}

try {
  program.parse()
  if (process.getuid?.() !== 0) throw new DynfarmError('needs-root', 'the machine needs root')
  process.exitCode = await run(program.args, program.opts())
} catch (error) {
  process.exitCode = fail(error)
}
