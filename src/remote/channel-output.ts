import type { Readable } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { startClock } from './deadline.ts'
import type { FarPlace } from './far-side/command.ts'
import { MarkFinder } from './mark-finder.ts'

export type StreamName = 'stdout' | 'stderr'

/** Takes what a host prints. While its promise is open nothing more of that stream is taken in. */
export type Sink = (bytes: Buffer, stream: StreamName) => Promise<void> | undefined

export interface Drain {
  /** Resolves when all output is in, or when a child that outlives the command only holds it open. */
  done(): Promise<void>
}

export interface Pumped {
  started: Promise<FarPlace>
  drain: Drain
}

interface PumpOptions {
  mark: string
  sink: Sink
  /** A terminal has one stream only. */
  hasTerminal: boolean
}

export function pumpOutput(channel: ClientChannel, options: PumpOptions): Pumped {
  const { mark, sink, hasTerminal } = options
  const finder = new MarkFinder(mark)
  const state: PumpState = { busy: 0, taken: 0 }
  let tell: (place: FarPlace) => void = () => undefined
  const started = new Promise<FarPlace>((resolve) => {
    tell = resolve
  })
  const marked = hasTerminal ? 'stdout' : 'stderr'
  const ends = [
    pump(channel, state, (bytes) => give(bytes, 'stdout')),
    pump(channel.stderr, state, (bytes) => give(bytes, 'stderr')),
  ]
  function give(bytes: Buffer, stream: StreamName): Promise<void> | undefined {
    const output = stream === marked ? finder.take(bytes) : bytes
    if (finder.place !== undefined) tell(finder.place)
    return output.length === 0 ? undefined : sink(output, stream)
  }
  const whole = Promise.all(ends).then(async () => {
    const rest = finder.rest()
    if (rest.length > 0) await sink(rest, marked)
  })
  return { started, drain: { done: () => settle(whole, state) } }
}

interface PumpState {
  /** Chunks that the sink has not taken yet. */
  busy: number
  taken: number
}

function pump(
  stream: Readable,
  state: PumpState,
  give: (bytes: Buffer) => Promise<void> | undefined,
) {
  stream.on('data', (bytes: Buffer) => {
    state.taken += 1
    const taken = give(bytes)
    if (taken === undefined) return
    state.busy += 1
    stream.pause()
    taken.finally(() => {
      state.busy -= 1
      stream.resume()
    })
  })
  return new Promise<void>((resolve) => stream.once('end', resolve))
}

/** A child in the background that keeps the streams open gets this long of silence. */
const silence = 1000
/** And one that keeps talking this many of them. */
const mostRounds = 10

async function settle(whole: Promise<void>, state: PumpState): Promise<void> {
  for (let round = 0; round < mostRounds; ) {
    const before = state.taken
    const clock = startClock(silence)
    const isWhole = await Promise.race([whole.then(() => true), clock.over.then(() => false)])
    clock.stop()
    if (isWhole) return
    if (state.busy > 0) continue
    if (state.taken === before) return
    round += 1
  }
}
