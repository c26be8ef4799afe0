import type { Client, ClientChannel } from 'ssh2'
import { KiB, MiB } from '../../protocol/size.ts'

/** What ssh2 counts down from, whatever the far side was told; below half of it, it would tell the far side by itself. */
const counted = 2 * MiB
/** What all hosts together may send unheard. */
const mostInAll = 32 * MiB
const [least, most] = [128 * KiB, counted]

/** What each of so many hosts at once may send before any of it was taken. */
export function windowFor(hosts: number): number {
  return Math.min(most, Math.max(least, Math.floor(mostInAll / Math.max(hosts, 1))))
}

/** Commands of this connection begin with such a window. */
export function beginWith({ _protocol: protocol }: Client, window: number): void {
  const { session } = protocol
  protocol.session = (id, _counted, packet) => session.call(protocol, id, window, packet)
}

/**
 * ssh2 lets a far side send on when a MiB has come: of a smaller window that is never, and on a line of 50 ms that is
 * faster than 160 Mbit/s the far side stands still at times. Here it is told earlier, as long as what comes is taken.
 */
export function keepOpen(channel: ClientChannel, window: number): void {
  const tell = () => {
    const { incoming, outgoing, stderr } = channel
    const more = counted - incoming.window
    const unread = channel.readableLength + stderr.readableLength
    if (more < window / 8 || !isHeard(outgoing) || unread > window / 2) return
    incoming.window += more
    channel._client._protocol.channelWindowAdjust(outgoing.id, more)
  }
  // Not `on`, which would let the data flow before anybody else listens.
  for (const stream of [channel, channel.stderr]) stream.prependListener('data', tell)
}

/** Also where all input has been given: most commands have none from the start. */
function isHeard({ state }: ClientChannel['outgoing']): boolean {
  return state === 'open' || state === 'eof'
}
