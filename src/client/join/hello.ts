import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { familyOf } from '../../address.ts'
import { decodeHello, encodeHello, type Hello, helloPort } from '../../protocol/hello.ts'

const everyMs = 200

interface Ends {
  /** An inner address of this node, which it may only be about to get. */
  from: string
  /** The hub's. */
  to: string
}

/**
 * Tells the hub which rung this node is on, again and again until it answers: only then does it send there what is
 * for the node. False when nobody wanted to know any longer.
 */
export async function sayHello(hello: Hello, ends: Ends, end: AbortSignal): Promise<boolean> {
  const answered = new AbortController()
  const stop = AbortSignal.any([end, answered.signal])
  const greeter = new Greeter(hello, ends, () => answered.abort())
  try {
    while (!stop.aborted) {
      greeter.greet()
      await sleep(everyMs, undefined, { signal: stop }).catch(() => {})
    }
  } finally {
    greeter.close()
  }
  return answered.signal.aborted
}

class Greeter {
  readonly #datagram: Buffer
  readonly #count: number
  readonly #ends: Ends
  readonly #onAnswer: () => void
  #socket: Socket | undefined

  constructor(hello: Hello, ends: Ends, onAnswer: () => void) {
    this.#datagram = encodeHello(hello)
    this.#count = hello.count
    this.#ends = ends
    this.#onAnswer = onAnswer
  }

  /** Whether it arrives is seen by the answer, so nothing that fails here matters. */
  greet(): void {
    if (this.#socket === undefined) this.#open()
    else this.#socket.send(this.#datagram, helloPort, this.#ends.to, () => {})
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
  }

  #open(): void {
    const { from, to } = this.#ends
    const socket = createSocket(familyOf(to) === 'ipv4' ? 'udp4' : 'udp6')
    socket.on('error', () => this.close())
    socket.on('message', (datagram) => {
      if (decodeHello(datagram)?.count === this.#count) this.#onAnswer()
    })
    socket.bind(0, from, () => this.greet())
    this.#socket = socket
  }
}
