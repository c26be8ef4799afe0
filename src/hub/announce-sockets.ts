import { canonicalAddress } from '../address.ts'
import { type Announcement, announcePort, decodeAnnouncement } from '../protocol/announcement.ts'
import { type Datagrams, openDatagrams } from './datagrams.ts'

/** On what addresses a host hears where nodes are, and from which it tells others. */
export interface AnnounceSockets extends Pick<Datagrams, 'listenOn' | 'close'> {
  send(datagram: Uint8Array, way: { from: string; to: string }): void
}

/** `heard` is told the address that it came from, by which the firewall lets only its owner's link. */
export function openAnnounceSockets(
  heard: (from: string, announcement: Announcement) => void,
): AnnounceSockets {
  const { listenOn, send, close } = openDatagrams(announcePort, (datagram, { address }) => {
    const announcement = decodeAnnouncement(datagram)
    if (announcement !== undefined)
      heard(canonicalAddress(address.replace(/%.*$/, '')), announcement)
  })
  return {
    listenOn,
    send: (datagram, { from, to }) => send(datagram, from, { address: to, port: announcePort }),
    close,
  }
}
