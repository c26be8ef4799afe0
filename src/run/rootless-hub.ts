import { lockState } from '../apply/lock.ts'
import { realMachine } from '../apply/real-machine.ts'
import { DynfarmError } from '../errors.ts'
import type { HubOrder } from '../hub/rootless/order.ts'
import type { Log } from '../log.ts'
import { mayPing, missingForHub, observeAbilities } from './abilities.ts'
import { Closing } from './closing.ts'
import { startHub } from './edge/hub-process.ts'
import { startOuter, startUplink } from './edge/outer.ts'
import { ownGroups, readText, realPath, toolPath } from './edge/own.ts'
import { resolvFor } from './hosts.ts'

export interface RootlessHub extends Pick<HubOrder, 'stateDir' | 'servers' | 'token'> {
  tokenFile: string | undefined
  self: readonly [string, ...string[]]
  flags: readonly string[]
  log: Log
  end: AbortSignal
}

/** Set aside for measurements (RFC 2544): no centre has it, while 10.0.2.0/24 is what virtual machines are given. */
const UPLINK_NETWORK = '198.18.77.0/24'
const RESOLVER = '198.18.77.3'

/**
 * A hub in namespaces of this user's, until `end` or until a part of it ends. Gives its exit code. Its tunnels are
 * processes in there: they end with it.
 */
export async function runRootlessHub(options: RootlessHub): Promise<number> {
  const path = toolPath(options.self[0])
  await refuseMachine(path)
  const lock = lockState(`${options.stateDir}/hub`)
  const closing = new Closing()
  closing.after(Promise.resolve(), async () => lock.release())
  try {
    return await run(options, { path, closing })
  } finally {
    await closing.close()
  }
}

async function run(
  options: RootlessHub,
  { path, closing }: { path: string; closing: Closing },
): Promise<number> {
  const { self, end, flags } = options
  const order = await orderOf(options)
  const tools = { path, self, flags }
  const outer = await closing.after(startOuter(tools, await laidOver(order)), (one) => one.end())
  const more = [`--cidr=${UPLINK_NETWORK}`, `--api-socket=${order.socket}`]
  const uplink = await closing.after(startUplink(outer, tools, more), (one) => one.end())
  const hub = startHub(outer, order, tools)
  closing.after(Promise.resolve(), () => hub.end())
  const interrupted = new Promise<'end'>((resolve) => {
    end.addEventListener('abort', () => resolve('end'), { once: true })
    if (end.aborted) resolve('end')
  })
  const lost = uplink.ended.then((said) => {
    throw new DynfarmError('rootless-ended', `slirp4netns ended${said && `: ${said}`}`)
  })
  const code = await Promise.race([hub.ended, lost, interrupted])
  lost.catch(() => {})
  if (code === 'end') return 0
  if (code !== undefined) return code
  throw new DynfarmError('rootless-ended', 'the hub within the namespaces was killed')
}

async function refuseMachine(path: string): Promise<void> {
  const { ns } = await observeAbilities(realMachine(), path)
  const missing = missingForHub(ns)
  if (missing.length === 0) return
  const message = ['this machine does not allow a hub without root', ...missing].join('\n    ')
  throw new DynfarmError('rootless-unavailable', message, { details: { reasons: missing } })
}

async function orderOf(options: RootlessHub): Promise<HubOrder> {
  const stateDir = realPath(options.stateDir) ?? options.stateDir
  if (/^\/run\//.test(stateDir))
    throw new DynfarmError(
      'state-refused',
      `"${stateDir}" is not seen from within the namespaces`,
      {
        hint: 'name a state folder that is not below /run',
      },
    )
  const socket = `${stateDir}/hub/slirp.sock`
  if (Buffer.byteLength(socket) > LONGEST_SOCKET)
    throw new DynfarmError('state-refused', `"${socket}" is too long for the name of a socket`, {
      hint: 'name a state folder with a shorter path',
    })
  const { servers, token = await readToken(options) } = options
  const canPing = mayPing(readText('/proc/sys/net/ipv4/ping_group_range'), ownGroups())
  return { stateDir, servers, token, socket, canPing }
}

const LONGEST_SOCKET = 107

/** Here, because no relative path, and nothing below /run, means the same within. One that was used may be gone. */
async function readToken({ tokenFile, log }: RootlessHub): Promise<string | undefined> {
  if (tokenFile === undefined) return undefined
  const file = await realMachine().readFile(tokenFile)
  if (file === undefined) log.info(`there is no token file "${tokenFile}"`)
  return file && Buffer.from(file.content).toString().trim()
}

/** The host's own name servers may be on its loopback, which is not the hub's. */
async function laidOver({ stateDir }: HubOrder): Promise<{ from: string; to: string }[]> {
  const to = realPath('/etc/resolv.conf')
  if (to === undefined) return []
  const from = `${stateDir}/hub/resolv.conf`
  const content = Buffer.from(resolvFor(readText(to), 'split', RESOLVER), 'latin1')
  await realMachine().writeFile(from, { content, mode: 0o644 })
  return [{ from, to }]
}
