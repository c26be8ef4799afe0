import { decode } from '../../protocol/decode.ts'
import { relayServing } from '../../protocol/schema/relay.ts'
import { type As, Far } from '../copy/far.ts'
import { bytesOf } from '../copy/names.ts'
import type { Placed } from '../copy/plan-put.ts'
import { startClock } from '../deadline.ts'
import { serveScript } from '../far-side/relay-scripts.ts'
import type { Input } from '../input.ts'
import type { Session } from '../session/session.ts'
import { isShared } from './shared.ts'

export interface ServeOrder {
  /** Names and keys of those that may fetch. */
  keys: ReadonlyMap<string, string>
  top: string
  files: readonly Placed[]
}

export interface ServeContext {
  /** Whether the node has all of it, as soon as that is known; nothing is served before. */
  ready: Promise<boolean>
  as: As
  signal: AbortSignal
  again(): Promise<Session>
}

/** A node that serves its siblings, as long as it is held. */
export interface Held {
  address: string
  port: number
  /** Resolves when its port is closed. */
  end(): Promise<void>
}

/** How long a node may take to listen, and to end. */
const startMs = 20_000
const endMs = 5000
/** Seconds without any sibling. */
const idle = 600

/** On a connection of its own, because it goes on when the node itself is done with. */
export async function holdServer(order: ServeOrder, context: ServeContext): Promise<Held | string> {
  const { ready } = context
  const session = await context.again()
  const [stop, ended] = [new AbortController(), Promise.withResolvers<undefined>()]
  const told = Promise.withResolvers<Buffer>()
  const signal = AbortSignal.any([context.signal, stop.signal])
  const running = new Far(session, { ...context, timeout: undefined, signal })
    .run({
      words: ['/bin/sh', '-c', serveScript, 'dynfarm'],
      cwd: order.top,
      input: inputUntil(ready, Buffer.from(`${renderOrder(order)}\n`), ended.promise),
      take: async (bytes) => told.resolve(bytes),
    })
    .finally(() => session.close())
  const end = async () => {
    ended.resolve(undefined)
    await orLate(running, endMs)
    stop.abort()
    await running
  }
  if (!(await Promise.race([ready, running]))) ended.resolve(undefined)
  const first = await orLate(Promise.race([told.promise, running]), startMs)
  const place = Buffer.isBuffer(first) ? placeIn(first) : undefined
  if (place !== undefined) return { ...place, end }
  await end()
  const { outcome } = await running
  return outcome.reason ?? 'it did not begin to serve'
}

async function orLate<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const clock = startClock(ms)
  const first = await Promise.race([promise, clock.over.then(() => undefined)])
  clock.stop()
  return first
}

function renderOrder({ keys, files }: ServeOrder): string {
  const shared = files.filter(({ entry }) => isShared(entry))
  return JSON.stringify({
    siblings: [...keys].map(([name, key]) => ({ name, key })),
    files: shared.map(({ entry: { hash, size }, path }) => ({
      ...{ hash, size },
      path: bytesOf(path).toString('base64'),
    })),
    idle,
  })
}

/** The order, and then nothing until the end: that is what ends the far side, also when this side dies. */
function inputUntil(ready: Promise<boolean>, order: Buffer, end: Promise<undefined>): Input {
  const reads = [() => Promise.race([ready.then((isReady) => (isReady ? order : undefined)), end])]
  return { read: () => (reads.pop() ?? (() => end))(), close: () => undefined }
}

function placeIn(bytes: Buffer): { address: string; port: number } | undefined {
  try {
    const decoded = decode(relayServing, JSON.parse(bytes.toString()))
    return 'value' in decoded ? (decoded.value as { address: string; port: number }) : undefined
  } catch {
    return undefined
  }
}
