import { createSocket, type Socket } from 'node:dgram'
import { canonicalAddress, familyOf } from '../address.ts'
import { type Announcement, announcePort, decodeAnnouncement } from '../protocol/announcement.ts'

/** On what addresses a host hears where nodes are, and from which it tells others. */
export interface AnnounceSockets {
  /** An address that the host does not have yet is tried again at the next call. */
  listenOn(addresses: readonly string[]): void
  /** Whether it arrives is not known. */
  send(datagram: Uint8Array, way: { from: string; to: string }): void
  close(): void
}

/** `heard` is told the address that it came from, by which the firewall lets only its owner's link. */
export function openAnnounceSockets(
  heard: (from: string, announcement: Announcement) => void,
): AnnounceSockets {
  const sockets = new Map<string, Socket>()

  const open = (address: string): void => {
    const socket = createSocket(familyOf(address) === 'ipv4' ? 'udp4' : 'udp6')
    let isLost = false
    socket.on('error', () => {
      if (sockets.get(address) === socket) sockets.delete(address)
      if (!isLost) socket.close()
      isLost = true
    })
    socket.on('message', (datagram, { address: from }) => {
      const announcement = decodeAnnouncement(datagram)
      if (announcement !== undefined)
        heard(canonicalAddress(from.replace(/%.*$/, '')), announcement)
    })
    sockets.set(address, socket)
    socket.bind(announcePort, address)
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
    send: (datagram, { from, to }) => {
      // What is sent before the socket has its address waits for it.
      sockets.get(from)?.send(datagram, announcePort, to, () => {})
    },
    close: () => {
      for (const socket of sockets.values()) socket.close()
      sockets.clear()
    },
  }
}
