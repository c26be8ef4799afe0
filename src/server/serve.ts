import type { Log } from '../log.ts'
import { loadValid } from '../profile/load.ts'
import { openStore } from '../store/store.ts'
import { followToSyslog } from './admin/syslog-follow.ts'
import type { Handlers } from './call.ts'
import { keepProfile } from './current-profile.ts'
import { startSweeps } from './enrol/sweep.ts'
import { makeFolders } from './folders.ts'
import { handlers as allHandlers } from './handlers.ts'
import { type HeldKeys, type Keys, loadKeys } from './keys.ts'
import type { Listening } from './listen/bind.ts'
import { listenSocket } from './listen/socket.ts'
import { listenTls } from './listen/tls.ts'
import { makeMetrics } from './metrics.ts'
import { makeRefusals } from './refusals.ts'
import type { Server } from './server.ts'
import { openTlsIdentities, type TlsIdentities } from './tls-identities.ts'

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
  /** Instead of what answers each endpoint. */
  handlers?: Handlers
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
  const { configDir, log, now = Date.now, version = 'source', handlers = allHandlers } = options
  const profile = await loadValid(configDir)
  const held = await loadKeys(configDir)
  const identities = await openTlsIdentities(held, { profile, now })
  const folders = await makeFolders(options)
  const { database } = profile.centre.server
  const store = await openStore({ database, folder: folders.state, now })
  const server: Server = {
    ...keepProfile({
      first: profile,
      load: () => loadValid(configDir),
      prepare: (next) => identities.prepare(next),
    }),
    store,
    keys: shownKeys(held, identities),
    metrics: makeMetrics(),
    log,
    now,
    version,
    folder: folders.state,
  }
  const refusals = makeRefusals(server)
  const drain = new AbortController()
  const renewal = setInterval(() => renew(server, identities), renewalMs).unref()
  const syslog = followToSyslog(server, { signal: drain.signal })
  const stopSweeps = startSweeps(server)
  const common = { server, handlers, refusals, draining: drain.signal }
  const opened: Listening[] = []
  const close = async (): Promise<void> => {
    clearInterval(renewal)
    drain.abort()
    await Promise.all(opened.map((listening) => listening.close()))
    await stopSweeps()
    await syslog
    await refusals.flush()
    await store.close()
  }
  const open = async (listening: Promise<Listening>): Promise<string> => {
    opened.push(await listening)
    return opened.at(-1)?.address ?? ''
  }
  const at = options.at ?? profile.centre.server
  try {
    return {
      server,
      socket: await open(listenSocket({ ...common, listener: 'admin', path: folders.socket })),
      admin: await open(listenTls({ ...common, listener: 'admin', identities, at: at.admin })),
      join: await open(listenTls({ ...common, listener: 'join', identities, at: at.listen })),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** A reload or the passing of time may change what is shown, and with it what is pinned. */
function shownKeys(held: HeldKeys, identities: TlsIdentities): Keys {
  const own = identities.ownPin
  return {
    ...held,
    get pin() {
      return identities.current().pin
    },
    get pins() {
      return [...new Set([identities.current().pin, own])]
    },
    get certificate() {
      return identities.current().certificate
    },
  }
}

const renewalMs = 3600 * 1000

function renew({ profile, log }: Server, identities: TlsIdentities): void {
  identities.renew(profile()).catch((error: Error) => {
    log.error(`no new certificate could be made: ${error.message}`)
  })
}
