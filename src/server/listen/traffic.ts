import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'

/** The connections that speak HTTP, and which of them have a request to be answered. */
export interface Traffic {
  /** Whether what is broken there has no answer yet, and an answer would not be taken for that of another request. */
  isAnswerable(socket: Duplex): boolean
  /** Ends the connection when the requests that came before have their answers. */
  endWhenAnswered(socket: Duplex): void
  /** Ends the connections without a request. */
  closeIdle(): void
  closeAll(): void
}

export function followTraffic(http: HttpServer): Traffic {
  const answers = new Map<Duplex, Set<ServerResponse>>()
  const ending = new WeakSet<Duplex>()
  const open = (socket: Duplex): void => {
    answers.set(socket, new Set())
    socket.once('close', () => answers.delete(socket))
  }
  http.on(http instanceof TlsServer ? 'secureConnection' : 'connection', open)
  http.prependListener('request', ({ socket }: IncomingMessage, answer: ServerResponse) => {
    answers.get(socket)?.add(answer)
    answer.once('close', () => answers.get(socket)?.delete(answer))
  })
  return {
    isAnswerable: (socket) => {
      const [first, ...others] = answers.get(socket) ?? []
      if (first === undefined) return true
      return others.length === 0 && !first.headersSent && !first.req.complete
    },
    endWhenAnswered: (socket) => {
      if (ending.has(socket)) return
      ending.add(socket)
      const last = [...(answers.get(socket) ?? [])].at(-1)
      if (last === undefined) socket.destroy()
      else last.once('close', () => socket.destroy())
    },
    closeIdle: () => {
      for (const [socket, { size }] of answers) if (size === 0) socket.destroy()
    },
    closeAll: () => {
      for (const socket of answers.keys()) socket.destroy()
    },
  }
}
