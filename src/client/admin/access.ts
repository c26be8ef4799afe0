import { join, resolve } from 'node:path'
import type { Machine } from '../../apply/machine.ts'
import { type Reach, reachOf } from '../../apply/reach.ts'
import { realMachine } from '../../apply/real-machine.ts'
import { DynfarmError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { visibleText } from '../../plan/text.ts'
import { observeUser } from '../observe-user.ts'
import type { Limits } from '../requests/limits.ts'
import { type Client, openClient } from '../requests.ts'
import { type Bundle, readBundle } from './bundle.ts'

/** What a command knows of the ways to the server. */
export interface AdminContext {
  /** Where the server's socket is. */
  runDir: string
  access: {
    /** The bundle that was named, which then is the only way. */
    bundle: string | undefined
    /** Where a person's own is kept. */
    ownBundle: string | undefined
    sudoUser: string | undefined
  }
  /** How long the server may take, where it may not take long. */
  limits?: Partial<Limits>
  log: Pick<Log, 'warn'>
}

export interface AdminAccess {
  client: Client
  /** By which the server was reached; none on its own host. */
  bundle: Bundle | undefined
}

/** The way to the server: the bundle that was named, its socket where this user may use that, or the own bundle. */
export async function openAccess(
  context: AdminContext,
  machine: Machine = realMachine(),
  reach: (path: string) => Promise<Reach> = reachOf,
): Promise<AdminAccess> {
  const { bundle: named, ownBundle, sudoUser } = context.access
  if (named !== undefined) return byBundle(await namedBundle(machine, named), context)
  const socketPath = join(context.runDir, 'admin.sock')
  const [socket, user] = await Promise.all([reach(socketPath), observeUser(machine, sudoUser)])
  if (socket === 'open')
    return { client: openClient({ socketPath, user, ...limitsIn(context) }), bundle: undefined }
  const own = ownBundle === undefined ? undefined : await readBundle(machine, ownBundle)
  if (own !== undefined) return byBundle(own, context)
  throw noWay(socketPath, socket, ownBundle)
}

async function namedBundle(machine: Machine, path: string): Promise<Bundle> {
  const bundle = await readBundle(machine, resolve(path))
  if (bundle !== undefined) return bundle
  throw new DynfarmError('bundle-missing', `there is no bundle "${visibleText(path)}"`)
}

function byBundle(bundle: Bundle, context: AdminContext): AdminAccess {
  const { urls, pins, certificate, key } = bundle
  const credential = { certificate, key }
  const { warn } = context.log
  return { client: openClient({ urls, pins, credential, warn, ...limitsIn(context) }), bundle }
}

function limitsIn({ limits }: AdminContext): { limits?: Partial<Limits> } {
  return limits === undefined ? {} : { limits }
}

/** Which of the ways is missing: what a person can do about it depends on that. */
function noWay(path: string, socket: Reach, ownBundle: string | undefined): DynfarmError {
  const own = ownBundle === undefined ? '' : `, and there is no bundle "${visibleText(ownBundle)}"`
  if (socket === 'shut') {
    const message = `only root may use the server's socket "${visibleText(path)}"${own}`
    return new DynfarmError('bundle-missing', message)
  }
  const message = `no server runs on this host (no socket "${visibleText(path)}")${own}`
  const isRoot = process.geteuid?.() === 0
  return new DynfarmError(isRoot ? 'server-not-running' : 'bundle-missing', message)
}
