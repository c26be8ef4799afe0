import { createSocket, type Socket } from 'node:dgram'
import { setTimeout as sleep } from 'node:timers/promises'
import { familyOf } from '../../address.ts'
import { decodeHello, encodeHello, type Hello, helloPort } from '../../protocol/hello.ts'

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
    for (let told = 0; !stop.aborted; ) {
      if (greeter.greet()) told += 1
      await sleep(pauseAfter(told), undefined, { signal: stop }).catch(() => {})
    }
  } finally {
    greeter.close()
  }
  return answered.signal.aborted
}

/** Often while the tunnel may stand any moment; a hub that hears nobody is not pressed for ever. */
export function pauseAfter(told: number): number {
  return told < 50 ? 20 : 200
}

class Greeter {
  readonly #datagram: Buffer
  readonly #count: number
  readonly #ends: Ends
  readonly #onAnswer: () => void
  #socket: Socket | undefined
  #isBound = false

  constructor(hello: Hello, ends: Ends, onAnswer: () => void) {
    this.#datagram = encodeHello(hello)
    this.#count = hello.count
    this.#ends = ends
    this.#onAnswer = onAnswer
  }

  /** True when it was sent. Whether it arrives is seen by the answer, so nothing that fails here matters. */
  greet(): boolean {
    if (this.#socket === undefined) this.#open()
    if (!this.#isBound) return false
    this.#socket?.send(this.#datagram, helloPort, this.#ends.to, () => {})
    return true
  }

  close(): void {
    this.#socket?.close()
    this.#socket = undefined
    this.#isBound = false
  }

  #open(): void {
    const { from, to } = this.#ends
    const socket = createSocket(familyOf(to) === 'ipv4' ? 'udp4' : 'udp6')
    socket.on('error', () => this.close())
    socket.on('message', (datagram) => {
      if (decodeHello(datagram)?.count === this.#count) this.#onAnswer()
    })
    socket.bind(0, from, () => {
      this.#isBound = true
      this.greet()
    })
    this.#socket = socket
  }
}
