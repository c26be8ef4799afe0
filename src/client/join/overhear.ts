import { createConnection, type Socket } from 'node:net'
import { complaintsIn } from '../../vpn/openvpn/complaints.ts'

export interface Ear {
  /** What was complained of so far; nothing is heard any more. */
  close(): string[]
}

/** A rung that does is there by then, and nobody asks why. */
const PATIENCE_MS = 1000
const AGAIN_MS = 250
const MOST_CHARACTERS = 64 * 1024

/** Listens to an OpenVPN that takes long, by the socket that it has or will have: what it says goes nowhere else. */
export function overhear(path: string): Ear {
  let socket: Socket | undefined
  let said = ''
  let timer = setTimeout(listen, PATIENCE_MS)
  function listen(): void {
    socket = createConnection(path, () => void socket?.write('log on all\n'))
    socket.setEncoding('utf8').on('data', (piece: string) => {
      said = `${said}${piece}`.slice(-MOST_CHARACTERS)
    })
    // Not there yet, or no more.
    socket.on('error', () => {})
    socket.on('close', () => {
      timer = setTimeout(listen, AGAIN_MS)
    })
  }
  const close = (): string[] => {
    clearTimeout(timer)
    socket?.removeAllListeners('close').destroy()
    return complaintsIn(said)
  }
  return { close }
}
