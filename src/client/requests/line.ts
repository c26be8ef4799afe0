import type { Message } from './message.ts'

/** One way to the server: one of its URLs, or its socket. */
export interface Line {
  /** As errors name it. */
  name: string
  send(sending: Sending): Promise<Received>
  /** Ends the connections that are kept for the next request. */
  close(): void
}

export interface Sending extends Message {
  /** A connection kept from before may be at its end: only what can be said twice goes through it. */
  mayReuse: boolean
  connectMs: number
  idleMs: number
  signal: AbortSignal
}

export interface Received {
  status: number
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: AsyncIterable<Uint8Array>
}

/** A request that got no answer. */
export class Unanswered extends Error {
  /** Whether any of it was written: the server may have done what was asked. */
  readonly wasSent: boolean

  constructor(cause: unknown, wasSent: boolean) {
    super('no answer', { cause })
    this.wasSent = wasSent
  }
}
