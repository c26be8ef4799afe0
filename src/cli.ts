import type { Readable } from 'node:stream'
import type { Context, Result } from './commands/command.ts'
import type { Settings } from './commands/settings.ts'
import { terminalOf } from './commands/terminal.ts'
import { DynfarmError, describeBug, type ExitCode } from './errors.ts'
import { type Log, makeLog, type Stream } from './log.ts'

/** What a run of dynfarm gets from the process that it is. */
export interface Edge {
  stdout: Stream
  stderr: Stream
  env: NodeJS.ProcessEnv
  stdin: Readable
  /** The listener is told of the next ^C or SIGTERM; without one the process just ends. */
  onInterrupt(listener: (signal: NodeJS.Signals) => void): void
  /** The listener is told of each SIGHUP. */
  onHangup(listener: () => void): void
  /** The listener is told when one of the streams cannot be written any more; without one the process just ends. */
  onBrokenOutput(listener: (error: NodeJS.ErrnoException) => void): void
  /** The listener is told of each of these signals, and nothing else comes of them. */
  onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): void
  /** What this process was started as, up to the first word of its own. */
  self: readonly [string, ...string[]]
}

export async function main(argv: readonly string[], edge: Edge): Promise<number> {
  // Until the options are read, an error is told as the words suggest.
  let session: Session = { log: makeLog(edge), asJson: argv.includes('--json') }
  try {
    const { parse } = await import('./commands/parse.ts')
    const { settings, start } = await parse(argv, edge.env)
    session = { log: makeLog({ ...edge, ...settings }), asJson: settings.json }
    return print(await start(contextOf(settings, session.log, edge)), session)
  } catch (error) {
    return report(error, session)
  }
}

interface Session {
  log: Log
  asJson: boolean
}

function contextOf(settings: Settings, log: Log, edge: Edge): Context {
  const { configDir, stateDir, runDir, access, json: asJson } = settings
  const interrupt = new AbortController()
  const onInterrupt = (): AbortSignal => {
    edge.onInterrupt(() => interrupt.abort(new DynfarmError('interrupted', 'interrupted')))
    return interrupt.signal
  }
  const { env, self, stdout, stderr, onSignals, onInterrupt: onNextInterrupt } = edge
  const { onHangup, onBrokenOutput } = edge
  const terminals = { stdout: stdout.isTTY === true, stderr: stderr.isTTY === true }
  const own = { log, configDir, stateDir, runDir, access, asJson, onInterrupt }
  const given = { env, self, terminals, onHangup, onBrokenOutput, onSignals, onNextInterrupt }
  return {
    ...{ ...own, ...given },
    // Looked at only when a command wants them: a job's standard input is the job's.
    get stdin() {
      return edge.stdin
    },
    get terminal() {
      return terminalOf(edge.stdin, stdout)
    },
  }
}

function print(result: Result, { log, asJson }: Session): number {
  const { text, json, remark, exit = 0 } = result
  const records = result.records ?? (json === undefined ? [] : [json])
  log.data(asJson ? records.map((one) => `${JSON.stringify(one)}\n`).join('') : text)
  if (remark !== undefined) (exit === 0 ? log.info : log.error)(remark)
  return exit
}

function report(thrown: unknown, session: Session): ExitCode {
  const error = isFolderGone(thrown) ? folderGone() : thrown
  return error instanceof DynfarmError ? reportError(error, session) : reportBug(error, session)
}

/** As node:path has it, wherever a path is relative. */
function isFolderGone(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd'
}

function folderGone(): DynfarmError {
  return new DynfarmError('usage', 'the working folder is gone, and a path below it was named', {
    hint: 'name the whole path, or go to a folder that is there',
  })
}

function reportError(error: DynfarmError, { log, asJson }: Session): ExitCode {
  const { code, exit, message, hint, details } = error
  if (asJson) log.record({ error: { code, exit, message, hint, ...details } })
  else log.error(hint === undefined ? message : `${message}\n  ${hint}`)
  if (error.cause instanceof Error) log.debug(error.cause.stack ?? error.cause.message)
  return exit
}

function reportBug(error: unknown, { log }: Session): ExitCode {
  log.error(describeBug(error))
  return 1
}
