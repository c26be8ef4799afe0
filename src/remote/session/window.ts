import type { ClientChannel } from 'ssh2'
import { KiB, MiB } from '../../protocol/size.ts'

/** What the far side may send unheard, as ssh2 begins with. */
const window = 2 * MiB
/** So much has come when it is told that it may send on. */
const step = 256 * KiB
/** More than this waits here to be taken: then the far side waits too. */
const mostUnread = MiB

/**
 * ssh2 lets a far side send on when half of the window has come, so on a line of 50 ms that is faster than 160 Mbit/s
 * the far side stands still at times. Here it is told earlier, as long as what comes is taken.
 */
export function keepOpen(channel: ClientChannel): void {
  // Not `on`, which would let the data flow before anybody else listens.
  channel.prependListener('data', () => {
    const { incoming, outgoing } = channel
    const more = window - incoming.window
    if (more < step || !isHeard(outgoing) || channel.readableLength > mostUnread) return
    incoming.window += more
    channel._client._protocol.channelWindowAdjust(outgoing.id, more)
  })
}

/** Also where all input has been given: most commands have none from the start. */
function isHeard({ state }: ClientChannel['outgoing']): boolean {
  return state === 'open' || state === 'eof'
}
