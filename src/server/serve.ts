import type { Log } from '../log.ts'
import { loadValid } from '../profile/load.ts'
import type { Profile } from '../profile/types.ts'
import { holdAlone } from '../store/alone.ts'
import { openStore, type Store } from '../store/store.ts'
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
  const profile = await loadValid(options.configDir)
  const held = await loadKeys(options.configDir)
  const identities = await openTlsIdentities(held, { profile, now: options.now ?? Date.now })
  const folders = await makeFolders(options)
  const release = holdAlone(folders.state)
  try {
    const server = await openServer(options, { profile, held, identities, folder: folders.state })
    return await listenAll(options, { server, identities, socket: folders.socket, release })
  } catch (error) {
    release()
    throw error
  }
}

interface Read {
  profile: Profile
  held: HeldKeys
  identities: TlsIdentities
  folder: string
}

async function openServer(
  { configDir, log, now = Date.now, version = 'source' }: ServeOptions,
  { profile, held, identities, folder }: Read,
): Promise<Server> {
  const { database } = profile.centre.server
  const store = await openStore({ database, folder, now })
  tellOfRestore(store.opened, log)
  return {
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
    folder,
  }
}

/** Who put a backup back by mistake learns of it here, and who meant to, what to wait for. */
function tellOfRestore({ restored }: Store['opened'], log: Log): void {
  if (restored === undefined) return
  log.warn(
    `the store was restored: ${restored}. Each hub tells what it knows before machines join, and tokens from before are closed`,
  )
}

interface Opened {
  server: Server
  identities: TlsIdentities
  /** The path of the administrators' socket. */
  socket: string
  /** Lets another server have the state folder. */
  release(): void
}

async function listenAll(
  { at, handlers = allHandlers }: ServeOptions,
  { server, identities, socket, release }: Opened,
): Promise<Serving> {
  const refusals = makeRefusals(server)
  const drain = new AbortController()
  const renewal = setInterval(() => renew(server, identities), renewalMs).unref()
  const syslog = followToSyslog(server, { signal: drain.signal })
  const stopSweeps = startSweeps(server)
  const listeners: Listening[] = []
  const end = async (): Promise<void> => {
    clearInterval(renewal)
    drain.abort()
    await Promise.all(listeners.map((listening) => listening.close()))
    await stopSweeps()
    await syslog
    await refusals.flush()
    await server.store.close()
    release()
  }
  let ended: Promise<void> | undefined
  const close = (): Promise<void> => {
    ended ??= end()
    return ended
  }
  const open = async (listening: Promise<Listening>): Promise<string> => {
    listeners.push(await listening)
    return listeners.at(-1)?.address ?? ''
  }
  const where = at ?? server.profile().centre.server
  const common = { server, handlers, refusals, draining: drain.signal }
  const admin = { ...common, listener: 'admin' } as const
  try {
    return {
      server,
      socket: await open(listenSocket({ ...admin, path: socket })),
      admin: await open(listenTls({ ...admin, identities, at: where.admin })),
      join: await open(listenTls({ ...common, listener: 'join', identities, at: where.listen })),
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
