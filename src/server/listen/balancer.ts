import type { Socket } from 'node:net'
import type { Source } from '../call.ts'
import { parseProxyHeader } from '../proxy-protocol.ts'

interface Waiting {
  /** What the balancer said; whatever it sent after that is left in the socket. */
  onHeader(source: Source | undefined): void
  onGarbage(): void
}

/** Reads what a balancer says first. How long that may take, and what ends it, is the caller's matter. */
export function readProxyHeader(socket: Socket, { onHeader, onGarbage }: Waiting): void {
  let bytes: Buffer = Buffer.alloc(0)
  const read = (): void => {
    bytes = Buffer.concat([bytes, socket.read() ?? Buffer.alloc(0)])
    const header = parseProxyHeader(bytes)
    if (header.kind === 'incomplete') return
    socket.off('readable', read)
    if (header.kind === 'garbage') {
      onGarbage()
      return
    }
    socket.unshift(bytes.subarray(header.length))
    onHeader(header.source)
  }
  socket.on('readable', read)
}
