import { connect, type Socket } from 'node:net'
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls'
import { formatAddress, parseAddress } from '../../address.ts'
import { checkCertificate } from '../../pki/check-certificate.ts'
import { type Answer, answers, parseAsk, SOCKS_ALPN, type Target } from '../../stream/ask.ts'
import { joinStreams } from '../../stream/join-streams.ts'
import { readHead } from '../../stream/read-head.ts'
import type { Hub } from '../hub.ts'
import type { LiveNode } from '../roster.ts'
import { judge } from './judge.ts'
import { Streams } from './streams.ts'

/** Where jobs come that have no network of their own. It speaks with nobody else. */
export interface SocksEnd {
  /** Listens as the configuration says now, and ends the streams of who may not come any more. */
  follow(): void
  close(): void
}

const HANDSHAKE_MS = 10_000
const CONNECT_MS = 10_000
/** Of one hub, waiting ones among them. */
const MOST_CONNECTIONS = 8192

export function openSocksEnd(hub: Hub): SocksEnd {
  const streams = new Streams()
  let listening: { port: number; server: Server; certificate: string } | undefined
  hub.streamHealth = () => streams.health()

  const open = (port: number): void => {
    const server = makeServer(hub, (socket, caller) => serve(socket, { hub, streams, ...caller }))
    server.on('error', (error) => {
      hub.log.warn(`jobs cannot come to port ${port}: ${error.message}; the next round tries again`)
      if (listening?.server === server) listening = undefined
    })
    listening = { port, server, certificate: hub.identity.certificate }
    server.listen({ port })
  }

  const shut = (): void => {
    listening?.server.close()
    listening = undefined
  }

  /** Streams that stand go on as they are. */
  const renew = (): void => {
    const { certificate } = hub.identity
    if (listening === undefined || listening.certificate === certificate) return
    listening.server.setSecureContext(contextOf(hub))
    listening.certificate = certificate
  }

  return {
    follow: () => {
      streams.endOthers((certificate) => hub.nodeWith(certificate))
      const port = portOf(hub)
      if (listening !== undefined && listening.port !== port) shut()
      if (port !== undefined && listening === undefined) open(port)
      renew()
    },
    close: () => {
      shut()
      streams.endAll()
    },
  }
}

function portOf({ known, identity }: Hub): number | undefined {
  return known.config?.hubs.find(({ name }) => name === identity.name)?.socks
}

interface Caller {
  node: LiveNode
  certificate: string
}

function makeServer(hub: Hub, welcome: (socket: TLSSocket, caller: Caller) => void): Server {
  const server = createServer({
    ...contextOf(hub),
    ...{ requestCert: true, rejectUnauthorized: true, ALPNProtocols: [SOCKS_ALPN] },
    ...{ allowHalfOpen: true, noDelay: true, handshakeTimeout: HANDSHAKE_MS },
  })
  server.maxConnections = MOST_CONNECTIONS
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => {})
    const caller = callerOf(socket, hub)
    if (caller === undefined || socket.alpnProtocol !== SOCKS_ALPN) socket.destroy()
    else welcome(socket, caller)
  })
  return server
}

function contextOf({ identity }: Hub): SecureContextOptions {
  const { certificate, key, nodeAuthority } = identity
  return { cert: certificate, key, ca: nodeAuthority, minVersion: 'TLSv1.3' }
}

/** A job whose certificate lives, as the hub itself knows: no list of revoked ones can run out. */
function callerOf(socket: TLSSocket, hub: Hub): Caller | undefined {
  const der = socket.getPeerX509Certificate()?.raw
  if (der === undefined) return undefined
  const checks = { authority: hub.identity.nodeAuthority, roles: ['job'], now: new Date() } as const
  const checked = checkCertificate(der, checks)
  if (!('value' in checked)) return undefined
  const node = hub.nodeWith(checked.value.id)
  return node && { node, certificate: checked.value.id }
}

interface Serving extends Caller {
  hub: Hub
  streams: Streams
}

async function serve(socket: TLSSocket, serving: Serving): Promise<void> {
  const { streams, node, certificate } = serving
  const outer = outerOf(socket)
  const end = () => void socket.destroy()
  const ended = streams.open(node.id, { certificate, outer, end })
  socket.once('close', ended)
  const head = await readHead(socket, parseAsk, HANDSHAKE_MS)
  if (head === undefined || head.ask === 'bad') end()
  else if (head.ask === 'whether') socket.end(Buffer.of(answers.done))
  else await carry(socket, head.ask, serving)
}

async function carry(socket: TLSSocket, target: Target, serving: Serving): Promise<void> {
  const { hub, streams, node } = serving
  const { config } = hub.known
  // This very stream is one of those that are open.
  const open = streams.openOf(node.id) - 1
  const answer = config === undefined ? answers.refused : judge(target, { node, config, open })
  if (answer !== answers.done) {
    hub.log.info(`"${node.name}" may not reach "${target.address}" port ${target.port}`)
    socket.end(Buffer.of(answer))
    return
  }
  const service = await reach(target)
  if (typeof service === 'number') {
    socket.end(Buffer.of(service))
    return
  }
  socket.write(Buffer.of(answers.done))
  const caps = {
    site: config?.sites.find(({ site }) => site === node.site),
    hub: config?.hubs.find(({ name }) => name === hub.identity.name),
  }
  await joinStreams(socket, service, {
    there: streams.gauge(node.id, 'tx', caps),
    back: streams.gauge(node.id, 'rx', caps),
  })
}

/** The connection, or why there is none. */
function reach({ address: host, port }: Target): Promise<Socket | Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), CONNECT_MS)
    socket.once('connect', () => resolve(socket))
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'ECONNREFUSED' ? answers.closed : answers.unreachable)
    })
    socket.once('connect', () => clearTimeout(timer))
    socket.once('close', () => clearTimeout(timer))
  })
}

function outerOf({ remoteAddress = '::', remotePort = 0 }: TLSSocket) {
  const address = parseAddress(remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''))
  return { address: address === undefined ? '::' : formatAddress(address), port: remotePort }
}
