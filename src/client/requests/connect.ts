import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import {
  createSecureContext,
  type SecureContext,
  connect as startTls,
  type TLSSocket,
} from 'node:tls'
import {
  proxyFault,
  proxyRefusal,
  proxySilence,
  socketFault,
  unfitCredential,
} from './connect-fault.ts'
import { answerOf, strictly } from './exchange.ts'
import { authorityForm, type Target } from './target.ts'
import { distrust, type Trust } from './trust.ts'

export function reach({ host, port }: Target, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port, noDelay: true, autoSelectFamilyAttemptTimeout: 2000 })
  return until(socket, 'connect', signal)
}

export async function reachSocket(path: string, signal: AbortSignal): Promise<Socket> {
  try {
    return await until(connectTcp({ path }), 'connect', signal)
  } catch (error) {
    throw socketFault(path, error)
  }
}

/** By CONNECT: the proxy sees names, and what TLS shows to anybody. */
export async function reachThrough(
  proxy: Target,
  target: Target,
  signal: AbortSignal,
): Promise<Socket> {
  const socket = await reachProxy(proxy, signal)
  const path = authorityForm(target)
  const createConnection = () => socket
  const headers = { host: path }
  const ask = { method: 'CONNECT', path, headers, createConnection, signal }
  const asking = request({ ...ask, ...strictly })
  asking.end()
  const [answer, , early] = await answerOf(asking, 'connect', signal).catch((error) => {
    throw proxySilence(proxy, target, error)
  })
  const isOpen = answer.statusCode === 200 && early.length === 0
  if (isOpen) return socket
  socket.destroy()
  throw proxyRefusal(proxy, answer.statusCode ?? 0)
}

async function reachProxy(proxy: Target, signal: AbortSignal): Promise<Socket> {
  try {
    return await reach(proxy, signal)
  } catch (error) {
    throw proxyFault(proxy, error)
  }
}

interface Credential {
  certificate: string
  key: string
}

/** OpenSSL is given no authority: who is trusted is decided here alone. */
export function openContext(credential: Credential | undefined): SecureContext {
  const own = credential && { cert: credential.certificate, key: credential.key }
  try {
    return createSecureContext({ ca: [], minVersion: 'TLSv1.3', ...own })
  } catch {
    throw unfitCredential()
  }
}

interface Securing {
  context: SecureContext
  trust: Omit<Trust, 'now'> & { now: () => Date }
  signal: AbortSignal
}

/**
 * The check runs within the event that ends the handshake, when the client's certificate and all else that follows is
 * still in memory: a connection that is destroyed there has sent nothing but how it wishes to speak.
 */
export function secure(socket: Socket, { context, trust, signal }: Securing): Promise<Socket> {
  const { host } = trust.target
  const tls = startTls({
    socket,
    secureContext: context,
    minVersion: 'TLSv1.3',
    servername: isIP(host) === 0 ? host : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  })
  tls.once('secureConnect', () => {
    const error = distrust(chainOf(tls), { ...trust, now: trust.now() })
    if (error !== undefined) tls.destroy(error)
  })
  return until(tls, 'secureConnect', signal)
}

/** As the server sent them. Node gives them only once. */
function chainOf(tls: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = []
  let next = tls.getPeerX509Certificate()
  while (next !== undefined) {
    chain.push(next)
    next = next.issuerCertificate
  }
  return chain
}

/** A socket that was destroyed as it was ready failed by that error. */
async function until<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  socket.on('error', () => {})
  try {
    await once(socket, event, { signal })
    if (socket.destroyed) throw socket.errored
    return socket
  } catch (error) {
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  }
}
