import { execa } from 'execa'
import { DynfarmError } from '../../../src/errors.ts'
import { hostMark, type LabFolder } from './folder.ts'
import { enterHost, exitCodeOf } from './outside.ts'
import { isAlive } from './process-mark.ts'
import { type HostSpec, ordinaryUser } from './topology.ts'

export interface RunOptions {
  input?: string | Uint8Array
  /** Standard input stays open, to be written to. */
  open?: boolean
  /** As the ordinary user instead of root. */
  ordinary?: boolean
  env?: Record<string, string>
  timeoutMs?: number
  signal?: AbortSignal
}

export interface HostOutcome {
  code: number
  stdout: string
  stderr: string
}

/** One host of a running lab. */
export class LabHost {
  readonly name: string
  readonly spec: HostSpec
  readonly #folder: LabFolder

  constructor(folder: LabFolder, spec: HostSpec) {
    this.name = spec.name
    this.spec = spec
    this.#folder = folder
  }

  /** Runs a command to its end, whatever its exit code; 128 + N when signal N ended it. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<HostOutcome> {
    const child = this.spawn(argv, options)
    const stopWatching = watch(child, options)
    const result = await child
    stopWatching()
    return { code: exitCodeOf(result), stdout: result.stdout, stderr: result.stderr }
  }

  /** The standard output of a command that must succeed. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(argv, options)
    if (code === 0) return stdout
    throw new Error(`${this.name}: "${argv.join(' ')}" ended with ${code}: ${stderr}${stdout}`)
  }

  /** For what runs on beside a test; it ends with `killGroup`, with the host, or by itself. */
  spawn(argv: readonly string[], options: RunOptions = {}): HostProcess {
    return execute([...this.enter(options.ordinary), ...argv], options)
  }

  async read(path: string): Promise<string> {
    return await this.must(['cat', '--', path])
  }

  async write(path: string, content: string | Uint8Array): Promise<void> {
    await this.must(['sh', '-c', 'cat >"$1"', 'sh', path], { input: content })
  }

  /** The command line that puts what follows it inside the host. */
  enter(ordinary = false): string[] {
    const mark = hostMark(this.#folder, this.name)
    if (mark === undefined || !isAlive(mark))
      throw new DynfarmError('step-failed', `host "${this.name}" is not running`)
    return enterHost(mark, ordinary ? ordinaryUser : undefined)
  }
}

export type HostProcess = ReturnType<typeof execute>

function execute(
  argv: readonly string[],
  { input = '', open = false, ordinary = false, env }: RunOptions,
) {
  const [file = '', ...args] = argv
  return execa(file, args, {
    ...(open ? { stdin: 'pipe' as const } : { input }),
    env: { ...baseEnv(ordinary), ...env },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    // A group of its own: nsenter passes no signal on, so the group is what is killed.
    detached: true,
  })
}

function baseEnv(ordinary: boolean): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: homeOf(ordinary),
    LC_ALL: 'C.UTF-8',
  }
}

export function homeOf(ordinary = false): string {
  return ordinary ? ordinaryUser.home : '/root'
}

/** Kills the group on timeout or abort. */
function watch(child: { pid?: number }, { timeoutMs, signal }: RunOptions): () => void {
  const kill = () => killGroup(child.pid)
  const timer = timeoutMs === undefined ? undefined : setTimeout(kill, timeoutMs)
  signal?.addEventListener('abort', kill)
  if (signal?.aborted) kill()
  return () => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', kill)
  }
}

/** Kills a command of `spawn` with all that it started and that did not leave its group. */
export function killGroup(pid: number | undefined): void {
  if (pid !== undefined) process.kill(-pid, 'SIGKILL')
}
