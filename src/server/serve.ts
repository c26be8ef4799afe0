import type { Log } from '../log.ts'
import { openStore } from '../store/store.ts'
import { followToSyslog } from './admin/syslog-follow.ts'
import { openProfile } from './current-profile.ts'
import { startSweeps } from './enrol/sweep.ts'
import { makeFolders } from './folders.ts'
import { handlers } from './handlers.ts'
import { loadKeys } from './keys.ts'
import { type Listening, listenSocket, listenTls } from './listen.ts'
import { makeMetrics } from './metrics.ts'
import type { Server } from './server.ts'
import { makeTlsIdentity } from './tls-identity.ts'

export interface ServeOptions {
  configDir: string
  stateDir: string
  /** Where the administrators' socket is. */
  runDir: string
  log: Log
  /** Instead of the addresses in centre.yaml. */
  at?: { listen: string; admin: string }
  now?: () => number
  /** Of dynfarm, for clients that may be too far apart. */
  version?: string
}

export interface Serving {
  readonly server: Server
  /** Addresses as `[::]:8443`. */
  readonly join: string
  readonly admin: string
  readonly socket: string
  /** Lets the requests in flight end, then ends. */
  close(): Promise<void>
}

/** Starts the server: everything is read, checked and opened before the first listener. */
export async function startServer(options: ServeOptions): Promise<Serving> {
  const { configDir, log, now = Date.now, version = 'source' } = options
  const current = await openProfile(configDir)
  const keys = await loadKeys(configDir)
  const { server: settings } = current.profile().centre
  const at = options.at ?? settings
  const identity = await makeTlsIdentity(keys, { urls: settings.urls, now: new Date(now()) })
  const folders = await makeFolders(options)
  const store = await openStore({ database: settings.database, folder: folders.state, now })
  const metrics = makeMetrics()
  const server: Server = {
    ...current,
    store,
    keys,
    metrics,
    log,
    now,
    version,
    folder: folders.state,
  }
  const drain = new AbortController()
  const syslog = followToSyslog(server, { signal: drain.signal })
  const common = { server, handlers, draining: drain.signal }
  const stopSweeps = startSweeps(server)
  const opened: Listening[] = []
  const close = async (): Promise<void> => {
    drain.abort()
    await Promise.all(opened.map((listening) => listening.close()))
    await stopSweeps()
    await syslog
    await store.close()
  }
  const open = async (listening: Promise<Listening>): Promise<string> => {
    opened.push(await listening)
    return opened.at(-1)?.address ?? ''
  }
  try {
    return {
      server,
      join: await open(listenTls({ ...common, listener: 'join', identity, at: at.listen })),
      admin: await open(listenTls({ ...common, listener: 'admin', identity, at: at.admin })),
      socket: await open(listenSocket({ ...common, listener: 'admin', path: folders.socket })),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
