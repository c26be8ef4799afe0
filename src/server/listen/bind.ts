import type { AddressInfo, ListenOptions } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../../errors.ts'
import type { App } from './app.ts'

export interface Listening {
  /** Where it listens; of a socket, its path. */
  readonly address: string
  /** Takes no more requests, and lets those in flight end, as long as there is patience for them. */
  close(): Promise<void>
}

export async function listenAt({ http, traffic }: App, where: ListenOptions): Promise<Listening> {
  const listening = new Promise<void>((resolve, reject) => {
    http.once('error', (error) => reject(cannotListen(error, where)))
    http.listen(where, resolve)
  })
  await listening
  return {
    address: textOf(http.address()),
    close: async () => {
      const closed = new Promise<void>((resolve) => void http.close(() => resolve()))
      traffic.closeIdle()
      await Promise.race([closed, sleep(patienceMs, undefined, { ref: false })])
      traffic.closeAll()
      await closed
    },
  }
}

/** For requests in flight when the server is to end. */
const patienceMs = 10_000

export function cannotListen(error: NodeJS.ErrnoException, where: ListenOptions): DynfarmError {
  const place = where.path ?? `${where.host}:${where.port}`
  if (error.code === 'EADDRINUSE')
    return new DynfarmError('address-in-use', `"${place}" is in use`, { cause: error })
  const reason = reasons[error.code ?? ''] ?? error.message
  return new DynfarmError('address-refused', `cannot listen at "${place}": ${reason}`, {
    cause: error,
  })
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENAMETOOLONG: 'the path is too long for a socket',
  EINVAL: 'the path is too long for a socket',
}

/** `[::]:8443` */
export function endpointOf(text: string): ListenOptions {
  const [, host = '', port = ''] = /^(.*):([0-9]+)$/.exec(text) ?? []
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

function textOf(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') return address ?? ''
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`
}
