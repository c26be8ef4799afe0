import { fstatSync } from 'node:fs'
import { Chalk, type ChalkInstance } from 'chalk'

/** The only writer to the streams: data to standard output, everything that is said to standard error. */
export interface Log {
  /** Paints data, when standard output is a terminal that wants colour. */
  readonly paint: ChalkInstance
  /** Data, as it is; one document or one line a record. */
  data(text: string): void
  /** Output as it comes, to either stream; resolves when there is room for more. */
  stream(bytes: Uint8Array, to: 'stdout' | 'stderr'): Promise<void>
  /** A record for programs among what is said: an error under --json. */
  record(value: unknown): void
  /** Rewrites one line of a terminal, and nothing elsewhere; an empty message takes it away. */
  progress(message: string): void
  error(message: string): void
  warn(message: string): void
  info(message: string): void
  debug(message: string): void
}

export interface LogOptions {
  stdout: Stream
  stderr: Stream
  env: NodeJS.ProcessEnv
  quiet?: boolean
  verbose?: boolean
  colour?: boolean
}

export interface Stream {
  write(data: string | Uint8Array, written?: (error?: Error | null) => void): unknown
  isTTY?: boolean
  /** Of a terminal. */
  columns?: number
  fd?: number
}

const priorities = { error: 3, warn: 4, info: 6, debug: 7 } as const
type Level = keyof typeof priorities

export function makeLog(options: LogOptions): Log {
  const { stdout, stderr, env } = options
  const write = isJournal(stderr, env) ? journalLines : shellLines(paintFor(stderr, options))
  let isInProgress = false
  const makeRoom = (): void => {
    if (isInProgress) stderr.write('\r\u001b[K')
    isInProgress = false
  }
  const say = (level: Level, message: string): void => {
    if (isHidden(level, options)) return
    makeRoom()
    stderr.write(write(level, printable(message)))
  }
  return {
    paint: paintFor(stdout, options),
    data: (text) => void stdout.write(text),
    stream: (bytes, to) => {
      makeRoom()
      return new Promise((resolve) => void options[to].write(bytes, () => resolve()))
    },
    progress: (message) => {
      if (stderr.isTTY !== true || options.quiet) return
      stderr.write(`\r${clip(printable(message), stderr)}\u001b[K`)
      isInProgress = message !== ''
    },
    record: (value) => void stderr.write(`${JSON.stringify(value)}\n`),
    error: (message) => say('error', message),
    warn: (message) => say('warn', message),
    info: (message) => say('info', message),
    debug: (message) => say('debug', message),
  }
}

/** What is said may quote foreign text, which must have no power over a terminal or a journal. */
function printable(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, visible)
}

/** What goes on in the next line of the terminal cannot be written over. */
function clip(line: string, { columns = 0 }: Stream): string {
  return columns > 0 ? line.slice(0, columns - 1) : line
}

function visible(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}

function isHidden(level: Level, { quiet = false, verbose = false }: LogOptions): boolean {
  if (level === 'debug') return !verbose
  return quiet && level === 'info'
}

/** The journal takes a priority before each line, and wants neither colour nor time. */
function journalLines(level: Level, message: string): string {
  return `${message.replace(/^/gm, `<${priorities[level]}>`)}\n`
}

function shellLines(paint: ChalkInstance): (level: Level, message: string) => string {
  const styles = { error: paint.red, warn: paint.yellow, info: paint.reset, debug: paint.dim }
  return (level, message) => `${styles[level](`dynfarm: ${message}`)}\n`
}

function paintFor(stream: Stream, { colour = true, env }: LogOptions): ChalkInstance {
  const wanted = colour && !env['NO_COLOR'] && stream.isTTY === true && env['TERM'] !== 'dumb'
  return new Chalk({ level: wanted ? 1 : 0 })
}

/** systemd names the device and inode of its journal's stream; a redirected stderr is not that stream. */
function isJournal(stderr: Stream, env: NodeJS.ProcessEnv): boolean {
  if (!env['JOURNAL_STREAM'] || stderr.fd === undefined) return false
  const { dev, ino } = fstatSync(stderr.fd)
  return env['JOURNAL_STREAM'] === `${dev}:${ino}`
}
