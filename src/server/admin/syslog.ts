import { execa } from 'execa'

export interface Syslog {
  /** Instead of the system's own: a datagram socket. */
  socket?: string
}

/**
 * Gives lines to the system's log, by `logger`, and says why when it did not take them all. A process for each
 * batch: how it ends is the only word there is of whether the lines arrived.
 */
export async function writeToSyslog(
  lines: readonly string[],
  { socket }: Syslog = {},
): Promise<string | undefined> {
  const where = socket === undefined ? [] : ['--socket', socket]
  const { failed, shortMessage, stderr } = await execa('logger', [...fixed, ...where], {
    input: lines.map((line) => `${line}\n`).join(''),
    stdout: 'ignore',
    reject: false,
    timeout: timeoutMs,
    env: { LC_ALL: 'C', PATH: process.env['PATH'] },
    extendEnv: false,
  })
  return failed ? `${shortMessage}\n${stderr}` : undefined
}

/** Without `--socket-errors` a log that is away takes everything. */
const fixed = [
  ...['--tag', 'dynfarm', '--priority', 'auth.info'],
  ...['--size', '8192', '--skip-empty', '--socket-errors=on'],
]
const timeoutMs = 5000
