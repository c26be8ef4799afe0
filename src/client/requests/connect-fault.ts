import { DynfarmError } from '../../errors.ts'
import { describeFault } from './fault.ts'
import type { Target } from './target.ts'

export function proxyRefusal({ name }: Target, status: number): DynfarmError {
  const message = `the proxy "${name}" ${refusals.get(status) ?? `answers with status ${status}`}`
  return new DynfarmError('proxy-refused', message, { details: { status } })
}

const refusals: ReadonlyMap<number, string> = new Map([
  [200, 'answers with a page of its own instead of a way to the server'],
  [407, 'answers with status 407, it wants a name and a password'],
])

/** What cannot be reached is the proxy, and not the server. */
export function proxyFault({ name }: Target, error: unknown): unknown {
  const why = faultOf(error)
  if (why === undefined) return error
  const hint = 'see that the proxy runs, and that this machine may connect to it'
  const message = `the proxy "${name}" does not answer (${why})`
  return new DynfarmError('proxy-refused', message, { hint, cause: error })
}

/** It was reached, and gives no answer to CONNECT: it may wait for the server itself. */
export function proxySilence({ name }: Target, server: Target, error: unknown): unknown {
  const why = faultOf(error)
  if (why === undefined) return error
  const hint = 'ask who runs the proxy whether it lets CONNECT pass, and reaches the server'
  const message = `the proxy "${name}" opens no way to "${server.name}" (${why})`
  return new DynfarmError('proxy-refused', message, { hint, cause: error })
}

function faultOf(error: unknown): string | undefined {
  return error instanceof DynfarmError ? undefined : describeFault(error)
}

/** What is the matter with the server's socket on this host. */
export function socketFault(path: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'ENOTSOCK') {
    return new DynfarmError('server-not-running', `nobody listens on "${path}"`, { cause: error })
  }
  if (code === 'EACCES' || code === 'EPERM') {
    return new DynfarmError('needs-root', `only root may use "${path}"`, { cause: error })
  }
  return error
}

/** OpenSSL's words could quote a key, so they are not told. */
export function unfitCredential(): DynfarmError {
  const message = 'the certificate and the key that are kept here cannot be used together'
  return new DynfarmError('certificate-refused', message)
}
