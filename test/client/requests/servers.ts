import { once } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createTcp,
  type Server,
  type Socket,
} from 'node:net'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { publicKeyHash } from '../../../src/pki/public-key.ts'
import { createAuthorities, createPeople } from '../../pki/people.ts'

export const now = new Date()
export const authorities = await createAuthorities(now)
export const people = await createPeople(authorities, now)
export const pin = publicKeyHash(authorities.server.certificate).toString('hex')

/** A key, and the certificates to be sent with it. */
export interface Shown {
  key: string
  chain: string
}

export const right: Shown = {
  key: people.server.key,
  chain: people.server.certificate + authorities.server.certificate,
}

export interface Started {
  port: number
  url: string
  close(): Promise<void>
}

export interface TlsServer extends Started {
  requests: string[]
  connections: number
  /** How often a client showed a certificate. */
  certificates: number
  resumed: number
}

interface TlsOptions {
  shown?: Shown
  maxVersion?: SecureVersion
  answer?: RequestListener
}

/** A real server, which counts what it is shown. */
export async function startTls(options: TlsOptions = {}): Promise<TlsServer> {
  const {
    shown = right,
    maxVersion,
    answer = (_, response) => sendJson(response, healthy()),
  } = options
  const seen = { requests: [] as string[], connections: 0, certificates: 0, resumed: 0 }
  const server = createHttps(
    {
      key: shown.key,
      cert: shown.chain,
      requestCert: true,
      rejectUnauthorized: false,
      ...(maxVersion !== undefined && { maxVersion }),
    },
    (request, response) => {
      seen.requests.push(`${request.method} ${request.url}`)
      request.resume()
      answer(request, response)
    },
  )
  server.on('secureConnection', (socket: TLSSocket) => {
    seen.connections++
    seen.certificates += socket.getPeerX509Certificate() === undefined ? 0 : 1
    seen.resumed += socket.isSessionReused() ? 1 : 0
  })
  return Object.assign(seen, await listen(server))
}

export function healthy(): object {
  return { ok: true, time: Date.now() }
}

export function sendJson(response: ServerResponse, body: unknown): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
}

export function sendProblem(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' })
  const common = { type: 'urn:dynfarm:x', title: 'a title', status, time: Date.now() }
  response.end(JSON.stringify({ ...common, ...body }))
}

/** Listens on loopback, and ends with all its connections. */
export async function listen(
  server: Server,
  at: object = { port: 0, host: '127.0.0.1' },
): Promise<Started> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.listen(at)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

export interface Tap extends Started {
  /** All that clients sent, byte for byte. */
  heard(): Buffer
}

/** Passes bytes on, and keeps what came from the client. */
export async function startTap(port: number): Promise<Tap> {
  const chunks: Buffer[] = []
  const server = createTcp((client) => {
    const inner = connect(port, '127.0.0.1')
    inner.on('error', () => client.destroy()).on('close', () => client.destroy())
    client.on('error', () => inner.destroy()).on('close', () => inner.destroy())
    client.on('data', (chunk: Buffer) => chunks.push(chunk))
    client.pipe(inner).pipe(client)
  })
  return { ...(await listen(server)), heard: () => Buffer.concat(chunks) }
}

/** Answers each connection by a hand-written text. */
export function startRaw(onData: (socket: Socket, data: Buffer) => void): Promise<Started> {
  return listen(createTcp((socket) => socket.on('data', (data: Buffer) => onData(socket, data))))
}

/** What kinds of TLS records these bytes are: 22 is a handshake in clear, 23 all that is encrypted. */
export function recordTypes(bytes: Buffer): number[] {
  const types: number[] = []
  for (let at = 0; at + 5 <= bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) {
    types.push(bytes.readUInt8(at))
  }
  return types
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
