/** What is used of ssh2, which brings no types. */
declare module 'ssh2' {
  import type { EventEmitter } from 'node:events'
  import type { Duplex, Readable } from 'node:stream'

  export interface ExecOptions {
    pty?: { rows: number; cols: number; term: string } | false
  }

  export interface ClientChannel extends Duplex {
    readonly stderr: Readable
    close(): void
    setWindow(rows: number, cols: number, height: number, width: number): void
    /** Not of its interface: how much either side may still send. */
    readonly incoming: { window: number }
    readonly outgoing: { id: number; state: string }
    readonly _client: {
      _protocol: { channelWindowAdjust(channel: number, bytes: number): void }
    }
  }

  export interface Client extends EventEmitter {
    exec(command: string, options: ExecOptions, done: ChannelDone): void
    shell(window: { rows: number; cols: number; term: string } | false, done: ChannelDone): void
    forwardOut(
      fromAddress: string,
      fromPort: number,
      toAddress: string,
      toPort: number,
      done: ForwardDone,
    ): void
    connect(options: object): void
    end(): void
  }

  export type ChannelDone = (error: Error | undefined, channel: ClientChannel) => void
  export type ForwardDone = (
    error: (Error & { reason?: number }) | undefined,
    channel: ClientChannel,
  ) => void

  export interface ParsedKey {
    type: string
    comment: string
    getPublicSSH(): Buffer
    isPrivateKey(): boolean
  }

  export type Done<T> = (error: Error | null | undefined, value?: T) => void

  export class BaseAgent {
    getIdentities(done: Done<ParsedKey[]>): void
    sign(key: ParsedKey, data: Buffer, options: object, done: Done<Buffer>): void
  }

  const ssh2: {
    Client: new () => Client
    BaseAgent: typeof BaseAgent
    createAgent(socket: string): BaseAgent
    utils: { parseKey(text: string): ParsedKey | Error }
  }
  export default ssh2
}
