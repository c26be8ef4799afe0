import { createConnection, type Socket } from 'node:net'
import { askStatus, killCertificate } from '../vpn/openvpn/commands.ts'
import { ManagementReader } from '../vpn/openvpn/management.ts'
import type { ClientEvent } from '../vpn/openvpn/management-client.ts'
import type { ClientStatus } from '../vpn/openvpn/status.ts'

export interface Listener {
  established(event: ClientEvent): void
  /** All that are connected; `asked` is when the question went out. */
  status(clients: readonly ClientStatus[], asked: number): void
  /** It listened, and does no more. */
  lost(): void
}

export interface Management {
  readonly path: string
  /** Ends all sessions of a certificate; nothing where OpenVPN does not listen, since then it has none. */
  kill(certificate: string): void
  ask(): void
  /** Resolves when OpenVPN has answered all that was said to it, or after a second. */
  flushed(): Promise<void>
  close(): void
}

const again = 1000
const every = 10_000

/** Follows one OpenVPN through its socket. OpenVPN may end and come back: who is there is asked for again. */
export function followManagement(path: string, listener: Listener): Management {
  let socket: Socket | undefined
  let asked = 0
  let isClosed = false
  let afterStatus: (() => void) | undefined
  let retry: NodeJS.Timeout | undefined

  const say = (text: string): void => {
    if (socket !== undefined && !socket.connecting) socket.write(text)
  }
  const ask = (): void => {
    asked = Date.now()
    say(askStatus)
  }
  const connect = (): void => {
    const reader = new ManagementReader()
    const own = createConnection(path)
    socket = own
    own.setEncoding('utf8').on('connect', ask)
    own.on('data', (piece: string) => {
      for (const message of reader.read(piece)) {
        if (message.kind === 'established') listener.established(message)
        if (message.kind !== 'status') continue
        listener.status(message.clients, asked)
        afterStatus?.()
      }
    })
    // Refused, or not there: it does not run now.
    own.on('error', () => {})
    let wasThere = false
    own.on('connect', () => {
      wasThere = true
    })
    own.on('close', () => {
      if (wasThere && !isClosed) listener.lost()
      if (!isClosed) retry = setTimeout(connect, again)
    })
  }
  connect()
  const timer = setInterval(ask, every)

  return {
    path,
    kill: (certificate) => say(killCertificate(certificate)),
    ask,
    flushed: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, 1000)
        afterStatus = () => {
          clearTimeout(timer)
          resolve()
        }
        ask()
      }),
    close: () => {
      isClosed = true
      clearInterval(timer)
      clearTimeout(retry)
      socket?.destroy()
    },
  }
}
