import type { Duplex } from 'node:stream'
import type { Client, ClientChannel } from 'ssh2'
import { KiB } from '../../protocol/size.ts'
import { HostFault } from '../outcome.ts'
import { keepOpen } from './window.ts'

export interface ChannelOptions {
  socket: Duplex
  /** What the far side may send before any of it was taken. */
  window: number
}

/** What sshd sends at a time. */
const packet = 32 * KiB

/**
 * A channel on which nothing runs yet. ssh2 opens one together with its command only, which is a round trip more where
 * the command is not known from the start.
 */
export function openChannel(
  { _chanMgr: channels, _protocol: protocol }: Client,
  options: ChannelOptions,
): Promise<ClientChannel> {
  if (!options.socket.writable)
    return Promise.reject(new HostFault('lost', 'open', { reason: 'the connection was closed' }))
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: ClientChannel) => {
      if (error) reject(new HostFault('refused', 'open', { reason: error.message }))
      else resolve(guarded(channel, options))
    }
    protocol.session(
      channels.add(Object.assign(opened, { type: 'session' })),
      options.window,
      packet,
    )
  })
}

/** Resolves when the command has been granted. */
export function request(channel: ClientChannel, command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    channel._callbacks.push((isRefused) => {
      if (isRefused === false) return resolve()
      channel.close()
      reject(new HostFault('refused', 'open', { reason: 'it starts no command' }))
    })
    channel._client._protocol.exec(channel.outgoing.id, command, true)
  })
}

/** One that sends twice what the window lets it send unread ignores the window, and is not to fill the memory. */
export function guarded(channel: ClientChannel, { socket, window }: ChannelOptions): ClientChannel {
  for (const stream of [channel, channel.stderr]) stream.on('error', () => undefined)
  const timer = setInterval(() => {
    if (channel.readableLength + channel.stderr.readableLength > 2 * window) socket.destroy()
  }, 200)
  channel.once('close', () => clearInterval(timer))
  keepOpen(channel, window)
  return channel
}
