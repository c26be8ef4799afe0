import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ChannelDone, Client, ClientChannel, ForwardDone } from 'ssh2'
import { MiB } from '../../protocol/size.ts'
import { HostFault } from '../outcome.ts'
import { type ChannelOptions, guarded, openChannel, request } from './channel.ts'
import { beginWith } from './window.ts'

/** One host's connection, for as many channels as its sshd allows. */
export interface Session {
  exec(command: string): Promise<Execution>
  /** With a terminal of this size. */
  execAt(terminal: Size, command: string): Promise<Execution>
  /** For the next command: it begins a round trip earlier then. */
  openAhead(): void
  /** The account's login shell; on a terminal of this size, or on none. */
  shell(terminal: Size | undefined): Promise<Execution>
  /** A connection from there to an address, which is no session of its sshd's. */
  forward(address: string, port: number): Promise<Duplex>
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

/** Of a terminal. */
export interface Size {
  rows: number
  cols: number
  term: string
}

export interface Exit {
  code: number | null
  signal?: string | undefined
}

/** Beyond this a host asks for more than it takes; what it is sent is in windows of 2 MiB. */
const mostUnsent = 4 * MiB

interface Standing extends ChannelOptions {
  ended: Promise<string>
}

export function sessionOf(client: Client, { ended, ...options }: Standing): Session {
  const { socket, window } = options
  beginWith(client, window)
  const open = (ask: (done: ChannelDone) => void) => openOn(options, ask)
  const channels = new Channels(client, options)
  socket.on('data', () => {
    if (socket.writableLength > mostUnsent) socket.destroy(new Error('asks without reading'))
  })
  return {
    exec: async (command) => {
      const channel = await channels.take()
      const exit = exitOf(channel)
      await request(channel, command)
      return { channel, exit }
    },
    execAt: (pty, command) => open((done) => client.exec(command, { pty }, done)),
    openAhead: () => channels.openAhead(),
    shell: (terminal) => open((done) => client.shell(terminal ?? false, done)),
    forward: (address, port) => forward(client, address, port),
    ended,
    drained: () => drained(socket),
    close: () => {
      client.end()
      // A far side that does not close its half would keep the connection for ever.
      finish(socket)
      setTimeout(() => socket.destroy(), 1000).unref()
    },
  }
}

/** A socket is done with when all is written; a connection through a hub, when it is closed there. */
function finish(socket: Duplex): void {
  if ('destroySoon' in socket) (socket as Socket).destroySoon()
  else socket.destroy()
}

/** Channels for commands, of which one may be open before its command is known. */
class Channels {
  readonly #client: Client
  readonly #options: ChannelOptions
  #ahead: Promise<ClientChannel> | undefined
  #isNarrow = false

  constructor(client: Client, options: ChannelOptions) {
    this.#client = client
    this.#options = options
  }

  /** An sshd that allows one channel at a time is asked once: it would give that one ahead of who needs it. */
  openAhead(): void {
    if (this.#isNarrow) return
    this.#ahead ??= openChannel(this.#client, this.#options)
    this.#ahead.catch(() => {
      this.#isNarrow = true
    })
  }

  take(): Promise<ClientChannel> {
    const ahead = this.#ahead
    this.#ahead = undefined
    const open = () => this.#open()
    if (ahead === undefined) return open()
    const isOpen = ({ outgoing }: ClientChannel) => outgoing.state === 'open'
    return ahead.then((channel) => (isOpen(channel) ? channel : open()), open)
  }

  /** An sshd frees its one channel only when it has read all that came with the end of that: maybe this question, too. */
  async #open(): Promise<ClientChannel> {
    const open = () => openChannel(this.#client, this.#options)
    return await open().catch((error) => (this.#isNarrow ? open() : Promise.reject(error)))
  }
}

function openOn(options: ChannelOptions, ask: (done: ChannelDone) => void): Promise<Execution> {
  return new Promise((resolve, reject) => {
    try {
      ask((error, channel) => {
        if (error) reject(new HostFault('refused', 'open', { reason: error.message }))
        else resolve({ channel: guarded(channel, options), exit: exitOf(channel) })
      })
    } catch (error) {
      reject(new HostFault('lost', 'open', { reason: (error as Error).message }))
    }
  })
}

/** What sshd says when it may not, and when nothing listens, or nobody answers, there. */
const notOpened: Readonly<Record<number, HostFault>> = {
  1: new HostFault('refused', 'connect', { reason: 'its sshd passes no connections on' }),
  2: new HostFault('unreachable', 'connect', { reason: 'nothing answers it' }),
}

function forward(client: Client, address: string, port: number): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const done: ForwardDone = (error, channel) => {
      if (error === undefined) return resolve(channel.on('error', () => undefined))
      const { message: reason } = error
      reject(notOpened[error.reason ?? 0] ?? new HostFault('refused', 'connect', { reason }))
    }
    try {
      client.forwardOut('127.0.0.1', 0, address, port, done)
    } catch (error) {
      reject(new HostFault('lost', 'connect', { reason: (error as Error).message }))
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

function drained(socket: Duplex): Promise<void> {
  if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done).off('close', done)
      resolve()
    }
    socket.on('drain', done).on('close', done)
  })
}
