import type { Machine, Outcome } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { decode } from '../../protocol/decode.ts'
import { joinedByAnother } from '../../protocol/schema/kept.ts'
import type { Joined } from './joined.ts'

export interface Child {
  machine: Machine
  executable: string
  version: string
  configDir: string
  stateDir: string
  /** It is ended when it takes longer. */
  mostMs: number
  signal?: AbortSignal | undefined
  say(message: string): void
}

/** How the other version did: what it came to, or why it does not do. */
export type Ended = { joined: Ready } | { why: string }

/** Of what it says, only what this version too can rely on. */
export type Ready = Pick<Joined, 'state' | 'name' | 'addresses' | 'rung'>

/** A version that cannot even say which it is must not touch the network. */
export async function saysOfItself(child: Child): Promise<string | undefined> {
  const { machine, executable, version, signal } = child
  const argv = [executable, '--version', '--json'] as const
  const outcome = await run(machine, { argv, signal, timeoutMs: ANSWER_MS })
  if ('why' in outcome) return outcome.why
  if (outcome.code !== 0) return `"--version" ${endOf(outcome)}`
  const said = lastRecord(outcome.stdout)?.['version']
  return said === version ? undefined : `it says of itself that it is version "${said}"`
}

const ANSWER_MS = 30_000

/** The rest of the join, as the other version does it; it takes no offer itself, so there is no third one. */
export async function joinBy(child: Child): Promise<Ended> {
  const { machine, executable, configDir, stateDir, signal, mostMs, version, say } = child
  const where = ['--config', configDir, '--state', stateDir]
  const argv = [executable, 'join', '--as-update', '--json', ...where] as const
  const outcome = await run(machine, { argv, signal, timeoutMs: mostMs })
  if ('why' in outcome) return outcome
  for (const line of outcome.stderr.split('\n').filter((one) => one !== ''))
    say(`version "${version}": ${line.replace(/^dynfarm: /, '')}`)
  const decoded = decode(joinedByAnother, lastRecord(outcome.stdout))
  if (outcome.code === 0 && 'value' in decoded) return { joined: decoded.value as Ready }
  if (outcome.timedOut === true) return { why: `its join did not end within ${mostMs / 1000} s` }
  return { why: `its join ${endOf(outcome)}` }
}

async function run(
  machine: Machine,
  command: Parameters<Machine['run']>[0],
): Promise<Outcome | { why: string }> {
  try {
    return await machine.run(command)
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code === 'interrupted') throw error
    return { why: error.message }
  }
}

function endOf({ code, stdout, stderr }: Outcome): string {
  const why = errorIn(stderr) ?? problemIn(stdout) ?? ''
  return `ended with exit code ${code}${why === '' ? '' : `: ${why}`}`
}

function errorIn(stderr: string): string | undefined {
  const { error } = lastRecord(stderr) ?? {}
  const { message } = (error ?? {}) as { message?: unknown }
  return typeof message === 'string' ? message : undefined
}

function problemIn(stdout: string): string | undefined {
  const { problems } = lastRecord(stdout) ?? {}
  const [first] = (Array.isArray(problems) ? problems : []) as { message?: unknown }[]
  return typeof first?.message === 'string' ? first.message : undefined
}

/** The last line that is JSON. */
function lastRecord(output: string): Record<string, unknown> | undefined {
  return output.split('\n').flatMap(recordIn).at(-1)
}

function recordIn(line: string): Record<string, unknown>[] {
  try {
    const value = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? [value] : []
  } catch {
    return []
  }
}
