import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'

/** The connections that speak HTTP, and which of them have a request to be answered. */
export interface Traffic {
  isAnswering(socket: Duplex): boolean
  /** Ends the connections without a request. */
  closeIdle(): void
  closeAll(): void
}

export function followTraffic(http: HttpServer): Traffic {
  const requests = new Map<Duplex, number>()
  const count = (socket: Duplex, by: number): void => {
    const before = requests.get(socket)
    if (before !== undefined) requests.set(socket, before + by)
  }
  const open = (socket: Duplex): void => {
    requests.set(socket, 0)
    socket.once('close', () => requests.delete(socket))
  }
  http.on(http instanceof TlsServer ? 'secureConnection' : 'connection', open)
  http.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    count(socket, 1)
    response.once('close', () => count(socket, -1))
  })
  return {
    isAnswering: (socket) => (requests.get(socket) ?? 0) > 0,
    closeIdle: () => {
      for (const [socket, busy] of requests) if (busy === 0) socket.destroy()
    },
    closeAll: () => {
      for (const socket of requests.keys()) socket.destroy()
    },
  }
}
