/** What is used of ssh2, which brings no types. */
declare module 'ssh2' {
  import type { KeyObject } from 'node:crypto'
  import type { EventEmitter } from 'node:events'
  import type { Server } from 'node:net'
  import type { Duplex, Readable } from 'node:stream'

  export interface ExecOptions {
    pty?: { rows: number; cols: number; term: string } | false
  }

  export interface ClientChannel extends Duplex {
    readonly stderr: Readable
    close(): void
    setWindow(rows: number, cols: number, height: number, width: number): void
    /** Not of its interface: how much either side may still send, and who waits for an answer to what was asked. */
    readonly incoming: { window: number; state: string }
    readonly outgoing: { id: number; state: string }
    readonly _callbacks: ((isRefused: unknown) => void)[]
    readonly _client: {
      _protocol: {
        channelWindowAdjust(channel: number, bytes: number): void
        exec(channel: number, command: string, wantsReply: boolean): void
      }
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
    /**
     * Not of its interface: the keys of the ciphers that it makes for each packet, how it asks for a service, shows a
     * key (with a signature where it gets a way to sign) and opens a channel for a command, and what answers the far side.
     */
    readonly _chanMgr: { add(opened: ChannelDone & { type: string }): number }
    readonly _protocol: {
      service(name: string): void
      session(id: number, window: number, packet: number): void
      authPK(user: string, key: ParsedKey, algorithm?: string, sign?: SignedBytes): void
      _handlers: {
        GLOBAL_REQUEST(protocol: unknown, name: string, wantsReply: boolean, data: unknown): void
        SERVICE_ACCEPT(protocol: unknown, name: string): void
      }
      _cipher: { _encKey?: Buffer | KeyObject | undefined }
      _decipher: { _decipherKey?: Buffer | KeyObject | undefined }
    }
  }

  export type SignedBytes = (bytes: Buffer, done: (signature: Buffer) => void) => void
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
    sign(bytes: Buffer, hash?: string): Buffer | Error
  }

  export type Done<T> = (error: Error | null | undefined, value?: T) => void

  export class BaseAgent {
    getIdentities(done: Done<ParsedKey[]>): void
    sign(key: ParsedKey, data: Buffer, options: object, done: Done<Buffer>): void
  }

  /** As far as one stands in for a node. */
  export interface ServerClient {
    on(event: 'error', listener: () => void): this
    on(
      event: 'authentication',
      listener: (context: { signature?: Buffer; accept(): void }) => void,
    ): this
    on(event: 'session', listener: (accept: () => ServerSession, reject: () => void) => void): this
    /** Not of its interface. */
    readonly _protocol: { channelClose(channel: number): void }
  }

  export interface ServerSession {
    on(
      event: 'exec',
      listener: (
        accept: () => ServerChannel,
        reject: () => void,
        asked: { command: string },
      ) => void,
    ): this
    /** Not of its interface. */
    readonly _chanInfo: { outgoing: { id: number } }
  }

  export interface ServerChannel extends Duplex {
    readonly stderr: Duplex
    exit(code: number): void
  }

  const ssh2: {
    Client: new () => Client
    BaseAgent: typeof BaseAgent
    createAgent(socket: string): BaseAgent
    utils: {
      parseKey(text: string): ParsedKey | Error
      generateKeyPairSync(type: 'ed25519'): { public: string; private: string }
    }
    Server: new (
      options: { hostKeys: readonly string[] },
      onClient: (client: ServerClient) => void,
    ) => Server
  }
  export default ssh2
}
