import { createSocket, type Socket } from 'node:dgram'
import { familyOf, formatAddress, parseAddress } from '../address.ts'
import { decodeHello, encodeHello, type Hello, helloPort } from '../protocol/hello.ts'

export interface HeardHello {
  hello: Hello
  /** A node's inner address: tunnels let it use no other. */
  from: string
  answer(): void
}

export interface HelloListener {
  /** Listens on these addresses; one that the host does not have yet is tried again at the next call. */
  listenOn(addresses: readonly string[]): void
  close(): void
}

export function listenForHellos(heard: (hello: HeardHello) => void): HelloListener {
  const sockets = new Map<string, Socket>()

  const open = (address: string): void => {
    const socket = createSocket(familyOf(address) === 'ipv4' ? 'udp4' : 'udp6')
    let isLost = false
    socket.on('error', () => {
      if (sockets.get(address) === socket) sockets.delete(address)
      if (!isLost) socket.close()
      isLost = true
    })
    socket.on('message', (datagram, { address: from, port }) => {
      const [hello, source] = [decodeHello(datagram), parseAddress(from)]
      if (hello === undefined || source === undefined) return
      // Whether it arrives is the node's to find out.
      const answer = () => socket.send(encodeHello(hello), port, from, () => {})
      heard({ hello, from: formatAddress(source), answer })
    })
    sockets.set(address, socket)
    socket.bind(helloPort, address)
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
    close: () => {
      for (const socket of sockets.values()) socket.close()
      sockets.clear()
    },
  }
}
