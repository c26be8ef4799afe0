import { lstatSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { hostname } from 'node:os'
import type { FastifyRequest } from 'fastify'
import { DynfarmError } from '../../errors.ts'
import type { Caller } from '../call.ts'
import { limitsOf } from '../limits.ts'
import { type ListenerOptions, makeApp } from './app.ts'
import { cannotListen, type Listening, listenAt } from './bind.ts'

export interface SocketOptions extends ListenerOptions {
  path: string
}

/** The server's own socket: who can open it is root, or the user that the server runs as. */
export async function listenSocket({ path, ...options }: SocketOptions): Promise<Listening> {
  const app = await makeApp({
    ...options,
    connectionOf: () => ({ source: null }),
    connectionOfRequest: (request) => ({
      source: null,
      identify: async () => rootCaller(request),
    }),
    makeServer: (handler) => createServer({ connectionsCheckingInterval: 1000 }, handler),
  })
  app.http.maxConnections = limitsOf(options.server.profile()).connections
  await clearAway(path)
  return privately(() => listenAt(app, { path }))
}

/** A socket is bound as soon as it is asked for, so that nothing else is made with this mask. */
function privately<T>(bind: () => T): T {
  const before = process.umask(0o177)
  try {
    return bind()
  } finally {
    process.umask(before)
  }
}

/** Takes away the socket of a server that ended without doing so; never anything else. */
async function clearAway(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new DynfarmError('file-refused', `"${path}" is no socket`)
  if (await isAnswered(path))
    throw new DynfarmError('address-in-use', `a server that runs listens at "${path}"`)
  rmSync(path)
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false)
      else if (error.code === 'EAGAIN') resolve(true)
      else reject(cannotListen(error, { path }))
    })
  })
}

/** Root says by whose hand it acts, where it knows. */
function rootCaller({ headers }: FastifyRequest): Caller {
  const user = headers['x-dynfarm-user']
  const known = typeof user === 'string' && /^[A-Za-z0-9_.@-]{1,64}$/.test(user) && user !== 'root'
  const actor = `root@${hostname()}`
  return { kind: 'admin', actor: known ? `${actor} (${user})` : actor, site: null }
}
