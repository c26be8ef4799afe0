import { DynfarmError } from '../../errors.ts'
import { describeFault } from './fault.ts'
import type { Target } from './target.ts'

export function proxyRefusal({ name }: Target, status: number): DynfarmError {
  const why = status === 407 ? ', it wants a name and a password' : ''
  const message = `the proxy "${name}" answers with status ${status}${why}`
  return new DynfarmError('proxy-refused', message, { details: { status } })
}

/** What cannot be reached is the proxy, and not the server. */
export function proxyFault({ name }: Target, error: unknown): unknown {
  const why = error instanceof DynfarmError ? undefined : describeFault(error)
  if (why === undefined) return error
  const hint = 'see that the proxy runs, and that this machine may connect to it'
  return new DynfarmError('proxy-refused', `the proxy "${name}" does not answer (${why})`, {
    hint,
    cause: error,
  })
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
