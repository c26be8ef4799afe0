import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { answers } from '../../../stream/ask.ts'
import { type Gauges, joinStreams } from '../../../stream/join-streams.ts'
import { readHead } from '../../../stream/read-head.ts'
import { readText } from '../../edge/own.ts'
import { parseOwner } from '../peer.ts'
import {
  NO_AUTHENTICATION,
  parseGreeting,
  parseRequest,
  renderReply,
  type Wish,
} from '../socks5.ts'
import { type Centre, wayTo } from '../way.ts'
import type { SocksHub } from './hub-stream.ts'

export interface Relaying {
  hub: SocksHub
  centre: Centre
  gauges: Gauges
  /** Whose programs may use it. */
  uid: number
}

export interface SocksServer {
  port: number
  close(): void
}

const ASK_MS = 10_000

/** A SOCKS server on the loopback, for the programs of one user. */
export async function listenForJob(relaying: Relaying): Promise<SocksServer> {
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {})
    open.add(socket)
    socket.once('close', () => open.delete(socket))
    if (isOwn(socket, relaying.uid)) void serve(socket, relaying)
    else socket.destroy()
  })
  server.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0
  const close = () => {
    server.close()
    for (const socket of open) socket.destroy()
  }
  return { port, close }
}

/** The kernel knows whose each socket is; others of this machine get nothing, not even an answer. */
function isOwn({ remotePort = 0, localPort = 0 }: Socket, uid: number): boolean {
  return parseOwner(readText('/proc/net/tcp'), { port: remotePort, to: localPort }) === uid
}

async function serve(socket: Socket, relaying: Relaying): Promise<void> {
  const greeting = await readHead(socket, parseGreeting, ASK_MS)
  if (!greeting?.isGood) return void socket.destroy()
  socket.write(NO_AUTHENTICATION)
  const request = await readHead(socket, parseRequest, ASK_MS)
  if (request === undefined) return void socket.destroy()
  const { wish } = request
  const far = wish === undefined ? NOT_SUPPORTED : await farEnd(wish, relaying)
  if (typeof far === 'number') return void socket.end(renderReply(far))
  socket.write(renderReply(answers.done))
  await joinStreams(socket, far, relaying.gauges)
}

const NOT_SUPPORTED = 7

async function farEnd({ host, port }: Wish, { hub, centre }: Relaying): Promise<Duplex | number> {
  const way = wayTo(host, centre)
  if (way.by === 'hub') return await byHub(way.address, port, hub)
  try {
    const { address } = await lookup(way.host)
    // A name of the machine's own resolver may be a service's too.
    const found = wayTo(host, centre, address)
    return found.by === 'hub' ? await byHub(address, port, hub) : await byMachine(address, port)
  } catch {
    return answers.unreachable
  }
}

async function byHub(address: string, port: number, hub: SocksHub): Promise<Duplex | number> {
  return address === '' ? answers.refused : await hub.open({ address, port })
}

async function byMachine(host: string, port: number): Promise<Duplex | number> {
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
  socket.on('error', () => {})
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(ASK_MS) })
    return socket
  } catch (error) {
    socket.destroy()
    const isClosed = error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED'
    return isClosed ? answers.closed : answers.unreachable
  }
}
