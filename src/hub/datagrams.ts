import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { familyOf } from '../address.ts'

/** One UDP port on several addresses of this host. */
export interface Datagrams {
  /** Listens on these; one that the host does not have yet is tried again at the next call. */
  listenOn(addresses: readonly string[]): void
  /** Whether it arrives is not known. What is sent before a socket has its address waits for it. */
  send(datagram: Uint8Array, from: string, to: Pick<RemoteInfo, 'address' | 'port'>): void
  close(): void
}

/** `heard` is told who sent it, and to which of the addresses. */
export function openDatagrams(
  port: number,
  heard: (datagram: Uint8Array, from: RemoteInfo, on: string) => void,
): Datagrams {
  const sockets = new Map<string, Socket>()

  const open = (address: string): void => {
    const socket = createSocket(familyOf(address) === 'ipv4' ? 'udp4' : 'udp6')
    let isLost = false
    socket.on('error', () => {
      if (sockets.get(address) === socket) sockets.delete(address)
      if (!isLost) socket.close()
      isLost = true
    })
    socket.on('message', (datagram, from) => heard(datagram, from, address))
    sockets.set(address, socket)
    socket.bind(port, address)
  }

  return {
    listenOn: (addresses) => {
      for (const [address, socket] of sockets) {
        if (addresses.includes(address)) continue
        sockets.delete(address)
        socket.close()
      }
      for (const address of addresses) if (!sockets.has(address)) open(address)
    },
    send: (datagram, from, { address, port: to }) =>
      sockets.get(from)?.send(datagram, to, address, () => {}),
    close: () => {
      for (const socket of sockets.values()) socket.close()
      sockets.clear()
    },
  }
}
