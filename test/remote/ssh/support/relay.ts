import { connect, createServer, type Socket } from 'node:net'
import type { Target } from '../../../../src/remote/session/target.ts'

export interface Relay {
  target: Target
  /** How many bytes came from the host so far. */
  bytes(): number
  /** Passes nothing on any more, in either direction, and closes nothing. */
  freeze(): void
  /** From now on the host's bytes wait a while and come together. */
  batch(): void
  /** Resets both ends. */
  reset(): void
  close(): void
}

/** Stands between and does what networks do; `onBytes` is told as bytes of the host pass. */
export async function startRelay(
  to: Target,
  onBytes: (relay: Relay) => void = () => undefined,
): Promise<Relay> {
  const ends = new Set<Socket>()
  let bytes = 0
  let isFrozen = false
  let isBatching = false
  const server = createServer((near) => {
    const far = connect({ host: to.addresses[0] ?? '', port: to.port })
    for (const end of [near, far]) {
      ends.add(end)
      end.on('error', () => undefined).on('close', () => ends.delete(end))
    }
    const waiting: Buffer[] = []
    const timer = setInterval(() => near.write(Buffer.concat(waiting.splice(0))), 150)
    near.once('close', () => clearInterval(timer))
    near.on('data', (chunk) => isFrozen || far.write(chunk))
    far.on('data', (chunk) => {
      bytes += chunk.length
      if (isBatching) waiting.push(chunk)
      else if (!isFrozen) near.write(chunk)
      onBytes(relay)
    })
    near.on('end', () => isFrozen || far.end())
    far.on('end', () => isFrozen || near.end())
  })
  const relay: Relay = {
    target: { ...to, addresses: ['127.0.0.1'] },
    bytes: () => bytes,
    freeze: () => {
      isFrozen = true
    },
    batch: () => {
      isBatching = true
    },
    reset: () => {
      for (const end of ends) end.resetAndDestroy()
    },
    close: () => {
      for (const end of ends) end.destroy()
      server.close()
    },
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  relay.target.port = typeof address === 'object' ? (address?.port ?? 0) : 0
  return relay
}
