import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { LineReader } from '../../protocol/relay-parts.ts'
import { relayServe } from '../../protocol/schema/relay.ts'
import { failed, ownAddress, type RelayPlace, readOrder } from './place.ts'
import { readShared, type SharedFile } from './shared-file.ts'
import { longestAsk, silenceMs, suite } from './suite.ts'

interface ServeOrder {
  siblings: readonly { name: string; key: string }[]
  files: readonly { hash: string; size: number; path: string }[]
  idle: number
}

export interface Serving {
  address: string
  port: number
}

export interface ServeOptions {
  place: RelayPlace
  stdin: Readable
  signal: AbortSignal
  onServing(serving: Serving): Promise<void>
}

const longestOrder = 256 * 1024 * 1024

/** Gives files to the siblings that were named, until standard input ends, as it does with the connection. */
export async function serveSiblings(options: ServeOptions): Promise<void> {
  const { place, stdin, signal, onServing } = options
  const input = new LineReader(stdin, longestOrder)
  const order = readOrder<ServeOrder>(relayServe, await input.line())
  const end = new AbortController()
  const stop = AbortSignal.any([signal, end.signal])
  const address = ownAddress(place)
  const server = listenFor(order, stop, () => end.abort())
  input.line().catch(() => end.abort())
  try {
    await listen(server, { address, port: place.port })
    await onServing({ address, port: place.port })
    if (!stop.aborted) await once(stop, 'abort')
  } finally {
    end.abort()
    server.close()
    stdin.destroy()
  }
}

/** Strangers that only hold a connection are sent away after this. */
const handshakeMs = 5000
const mostStrangers = 64

function listenFor(order: ServeOrder, stop: AbortSignal, onIdle: () => void): Server {
  const keys = new Map(order.siblings.map(({ name, key }) => [name, Buffer.from(key, 'hex')]))
  const files = new Map(
    order.files.map(({ hash, size, path }) => [hash, { size, path: Buffer.from(path, 'base64') }]),
  )
  const idle = setTimeout(onIdle, order.idle * 1000)
  stop.addEventListener('abort', () => clearTimeout(idle))
  const server = createServer({
    ...suite,
    handshakeTimeout: handshakeMs,
    pskCallback: (_, identity) => keys.get(identity) ?? null,
  })
  server.maxConnections = keys.size + mostStrangers
  server.on('connection', (socket) => stop.addEventListener('abort', () => socket.destroy()))
  server.on('tlsClientError', (_, socket) => socket.destroy())
  server.on('secureConnection', (socket) => {
    const answered = answer(socket, files, () => idle.refresh())
    answered.catch(() => undefined).finally(() => socket.destroy())
  })
  return server
}

/** Asks of one sibling, one after the other. One for what is not given ends the connection. */
async function answer(
  socket: TLSSocket,
  files: ReadonlyMap<string, SharedFile>,
  onAsk: () => void,
): Promise<void> {
  socket.setTimeout(silenceMs, () => socket.destroy()).on('error', () => undefined)
  const input = new LineReader(socket, longestAsk)
  for (;;) {
    const [, hash = '', offset] = /^([0-9a-f]{64}) (\d{1,15})$/.exec(await input.line()) ?? []
    const file = files.get(hash)
    if (file === undefined) throw failed(`nothing is given as "${hash}"`)
    for await (const bytes of readShared(file, Number(offset))) {
      onAsk()
      if (!socket.write(bytes)) await drained(socket)
    }
  }
}

async function drained(socket: TLSSocket): Promise<void> {
  if (socket.destroyed) throw failed('the sibling went away')
  const over = new AbortController()
  const { signal } = over
  const closed = once(socket, 'close', { signal }).then(() => Promise.reject(failed('it left')))
  closed.catch(() => undefined)
  try {
    await Promise.race([once(socket, 'drain', { signal }), closed])
  } finally {
    over.abort()
  }
}

async function listen(server: Server, { address, port }: Serving): Promise<void> {
  server.listen({ host: address, port })
  await once(server, 'listening').catch(({ code }: NodeJS.ErrnoException) => {
    throw failed(`"${address}" port "${port}" cannot be listened on: ${code}`)
  })
}
