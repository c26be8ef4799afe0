import type { Socket } from 'node:net'
import type { Client, ClientChannel, ExecOptions } from 'ssh2'
import { MiB } from '../../protocol/size.ts'
import { HostFault } from '../outcome.ts'
import { keepOpen } from './window.ts'

/** One host's connection, for as many channels as its sshd allows. */
export interface Session {
  exec(command: string, options?: ExecOptions): Promise<Execution>
  /** Resolves with the reason when the connection is over. */
  readonly ended: Promise<string>
  /** Whether more may be written without piling up. */
  drained(): Promise<void>
  close(): void
}

/** A channel on which a command is about to run. */
export interface Execution {
  channel: ClientChannel
  /** Resolves at the latest when the channel is closed. */
  exit: Promise<Exit>
}

export interface Exit {
  code: number | null
  signal?: string | undefined
}

/** Beyond this a host asks for more than it takes; what it is sent is in windows of 2 MiB. */
const mostUnsent = 4 * MiB

export function sessionOf(client: Client, socket: Socket, ended: Promise<string>): Session {
  socket.on('data', () => {
    if (socket.writableLength > mostUnsent) socket.destroy(new Error('asks without reading'))
  })
  return {
    exec: (command, options = {}) => open({ client, socket }, command, options),
    ended,
    drained: () => drained(socket),
    close: () => {
      client.end()
      // A far side that does not close its half would keep the connection for ever.
      socket.destroySoon()
      setTimeout(() => socket.destroy(), 1000).unref()
    },
  }
}

interface Ends {
  client: Client
  socket: Socket
}

function open({ client, socket }: Ends, command: string, options: ExecOptions): Promise<Execution> {
  return new Promise((resolve, reject) => {
    try {
      client.exec(command, options, (error, channel) => {
        if (error) reject(new HostFault('refused', 'open', { reason: error.message }))
        else resolve({ channel: guarded(channel, socket), exit: exitOf(channel) })
      })
    } catch (error) {
      reject(new HostFault('lost', 'open', { reason: (error as Error).message }))
    }
  })
}

/** To be asked at once: the exit of a short command may come in the same packet as the answer that it runs. */
function exitOf(channel: ClientChannel): Promise<Exit> {
  return new Promise((resolve) => {
    channel.once('exit', (code: number | null, signal?: string) => resolve({ code, signal }))
    channel.once('close', () => resolve({ code: null }))
  })
}

/** Twice what the window lets a host send unread: one that ignores the window is not to fill the memory. */
const mostUnread = 4 * MiB

function guarded(channel: ClientChannel, socket: Socket): ClientChannel {
  for (const stream of [channel, channel.stderr]) stream.on('error', () => undefined)
  const timer = setInterval(() => {
    if (channel.readableLength + channel.stderr.readableLength > mostUnread) socket.destroy()
  }, 200)
  channel.once('close', () => clearInterval(timer))
  keepOpen(channel)
  return channel
}

function drained(socket: Socket): Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', resolve)
  })
}
