import { fold } from './nodeset/fold.ts'
import type { HostRecord } from './record.ts'

/** How far a run is, and whether it is to go on. */
export interface Course {
  readonly records: readonly HostRecord[]
  /** Why no more is begun. */
  readonly stopped: StopReason | undefined
  /** What broke the run itself, as a full disk here. */
  readonly error: Error | undefined
  /** Given when what runs is to be ended. */
  readonly killSignal: AbortSignal
  begin(node: string): void
  end(record: HostRecord): void
  /** After a failure what runs goes on to its end; otherwise it is ended. */
  stop(why: StopReason, error?: Error): void
  /** A pause that ends with the run. */
  wait(ms: number): Promise<void>
  elapsed(): number
  /** Who runs, who is done and who waits. */
  render(): string
}

/** `unread`: who read the output went away. */
export type StopReason = 'interrupt' | 'failure' | 'error' | 'unread'

export function startCourse(nodes: readonly string[]): Course {
  const began = performance.now()
  const kill = new AbortController()
  const waiting = new Set(nodes)
  const running = new Set<string>()
  const records: HostRecord[] = []
  const state: { stopped?: StopReason; error?: Error } = {}
  return {
    records,
    get stopped() {
      return state.stopped
    },
    get error() {
      return state.error
    },
    killSignal: kill.signal,
    begin: (node) => {
      waiting.delete(node)
      running.add(node)
    },
    end: (record) => {
      running.delete(record.node)
      waiting.delete(record.node)
      records.push(record)
    },
    stop: (why, error) => {
      state.stopped ??= why
      if (error !== undefined) state.error ??= error
      if (why !== 'failure') kill.abort()
    },
    wait: (ms) => waitFor(ms, kill.signal),
    elapsed: () => performance.now() - began,
    render: () =>
      [
        `${records.length} done, ${running.size} running, ${waiting.size} waiting`,
        ...[part('running', running), part('waiting', waiting)].flat(),
        '  ^C again within 2 s ends it',
      ].join('\n'),
  }
}

function part(what: string, nodes: ReadonlySet<string>): string[] {
  return nodes.size === 0 ? [] : [`  ${what}: ${fold(nodes)}`]
}

function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
