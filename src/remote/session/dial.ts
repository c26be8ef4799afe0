import { connect, type Socket } from 'node:net'
import { within } from '../deadline.ts'
import { HostFault } from '../outcome.ts'

/**
 * A TCP connection to the first address that takes one. `noDelay`, because ssh sends small packets and waits for
 * their answers.
 */
export async function dial(
  addresses: readonly string[],
  port: number,
  ms: number,
): Promise<Socket> {
  let fault = new HostFault('unreachable', 'connect', { reason: 'no address is known' })
  for (const address of addresses) {
    const socket = connect({ host: address, port, noDelay: true, keepAlive: true })
    try {
      await within(connected(socket), ms / addresses.length, () => new Error('no answer'))
      return socket
    } catch (error) {
      socket.destroy()
      const reason = `${address} port ${port}: ${(error as Error).message}`
      fault = new HostFault('unreachable', 'connect', { reason })
    }
  }
  throw fault
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    // Stays: a socket without one ends the process when the far side resets it before ssh listens.
    socket.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      reject(new Error(sentences[code ?? ''] ?? message)),
    )
  })
}

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'reset',
}
