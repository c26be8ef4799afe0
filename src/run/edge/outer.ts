import { text } from 'node:stream/consumers'
import { DynfarmError, type ErrorCode, errorTable } from '../../errors.ts'
import type { Bind } from '../cover.ts'
import type { Held, Order } from '../inside.ts'
import { JOB, UPLINK } from '../names.ts'
import { outerScript } from '../scripts.ts'
import { type Dropped, parseDropped } from '../traffic.ts'
import {
  awaitEnd,
  type Child,
  firstWord,
  readEnd,
  saidBy,
  startChild,
  type Tools,
  writeEnd,
} from './child.ts'

/** The namespaces that hold the uplink and the tunnel. They end with this process, however that ends. */
export interface Outer {
  /** Its first process. */
  pid: number
  end(): Promise<void>
}

export async function startOuter(tools: Tools, binds: readonly Bind[] = []): Promise<Outer> {
  const namespaces = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork']
  const laid = binds.flatMap(({ from, to }) => [from, to])
  const argv = ['unshare', ...namespaces, 'sh', '-c', outerScript, 'sh', ...laid]
  const child = startChild(argv, tools, ['pipe', 'pipe'])
  const life = writeEnd(child.process, 3)
  const pid = Number(await firstWord(child, readEnd(child.process, 4), 'the outer namespaces'))
  const end = async () => {
    life.destroy()
    await awaitEnd(child)
  }
  return { pid, end }
}

export interface Uplink {
  /** What it said, when it ended by itself. */
  ended: Promise<string>
  end(): Promise<void>
}

/** Signals that a batch system sends to all processes of a job, and that would end it before the job. */
const deaf = 'trap "" TERM INT HUP USR1 USR2 TSTP; ulimit -n "$(ulimit -Hn)"; exec slirp4netns "$@"'

/** Each connection that goes out is a descriptor of slirp4netns. */
export async function startUplink(
  outer: Outer,
  tools: Tools,
  more: readonly string[] = [],
): Promise<Uplink> {
  const options = ['--configure', '--mtu=1500', '--disable-host-loopback', ...more]
  const argv = ['sh', '-c', deaf, 'sh', ...options, '--ready-fd=3', '--exit-fd=4']
  const child = startChild([...argv, String(outer.pid), UPLINK], tools, ['pipe', 'pipe'])
  const life = writeEnd(child.process, 4)
  await firstWord(child, readEnd(child.process, 3), 'slirp4netns')
  const ended = Promise.withResolvers<string>()
  let isWanted = true
  void child.ended.then(() => {
    if (isWanted) ended.resolve(child.said())
  })
  const end = async () => {
    isWanted = false
    life.destroy()
    await awaitEnd(child)
  }
  return { ended: ended.promise, end }
}

/** Makes all that is in the outer namespaces: tunnel, firewall, limits, the job's device. */
export interface Keeper {
  hold(order: Order, signal: AbortSignal): Promise<Held>
}

/** It is started before there is an order: until then it makes itself ready. */
export function startKeeper(
  outer: Outer,
  { path, self }: Tools & { self: readonly string[] },
): Keeper {
  const enter = [...entering(outer), '--net', '--mount', '--']
  const child = startChild([...enter, ...self, 'inside-job', '--json', '--quiet'], { path })
  const output = text(readEnd(child.process, 1))
  return {
    hold: async (order, signal) => {
      const stop = () => void child.process.kill('SIGKILL')
      signal.addEventListener('abort', stop, { once: true })
      writeEnd(child.process, 0).end(JSON.stringify(order))
      const answer = await output
      await child.ended
      signal.removeEventListener('abort', stop)
      if (signal.aborted) throw new DynfarmError('interrupted', 'interrupted')
      const { process: keeper } = child
      if (keeper.exitCode === 0) return JSON.parse(answer)
      throw errorOf(child)
    },
  }
}

export function entering({ pid }: Pick<Outer, 'pid'>): string[] {
  return ['nsenter', '--target', String(pid), '--user', '--preserve-credentials', '--pid']
}

/** Where the limits stand; a job that was ended with all that held it leaves nobody to ask. */
export async function readDropped(outer: Pick<Outer, 'pid'>, tools: Tools): Promise<Dropped> {
  const argv = [...entering(outer), '--net', '--', 'tc', '-s', '-json', 'qdisc', 'show']
  const child = startChild(argv, tools)
  const output = await text(readEnd(child.process, 1))
  await child.ended
  const { process: asked } = child
  const drops = asked.exitCode === 0 ? parseDropped(output) : new Map<string, number>()
  return { rx: drops.get(JOB) ?? null, tx: drops.get(UPLINK) ?? null }
}

/** As the command there told it. */
function errorOf(child: Child): DynfarmError {
  const line = child
    .said()
    .split('\n')
    .find((one) => one.startsWith('{"error":'))
  if (line === undefined)
    return new DynfarmError('namespaces-refused', `the job's network ended${saidBy(child)}`)
  const { code, message, hint, ...details } = JSON.parse(line).error
  const known: ErrorCode = Object.hasOwn(errorTable, code) ? code : 'namespaces-refused'
  return new DynfarmError(known, message, { ...(hint !== undefined && { hint }), details })
}
