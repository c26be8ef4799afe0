import type { Duplex } from 'node:stream'
import { NodeSSH } from 'node-ssh'
import type { Client } from 'ssh2'
import { startClock } from '../deadline.ts'
import { HostFault } from '../outcome.ts'
import { prepareKeys } from './cipher-keys.ts'
import { dial } from './dial.ts'
import type { Gateway } from './gateway.ts'
import { algorithmsOf, isPinned } from './host-key.ts'
import { askTogether, passOverHostKeys, signAtOnce } from './login-steps.ts'
import { type Session, sessionOf } from './session.ts'
import type { DirectLogin, Target } from './target.ts'
import { writeTogether } from './write-together.ts'

export interface Login extends DirectLogin {
  /** Where there is no direct way. */
  gateway?: Gateway | undefined
}

/** Everything that goes wrong is a HostFault. */
export async function connectTo(target: Target, login: Login): Promise<Session> {
  const fault = keyFault(target)
  if (fault !== undefined) throw new HostFault('hostkey', 'connect', { reason: fault })
  const way = login.gateway?.dial ?? dial
  const socket = await way(target.addresses, target.port, login.timeout)
  return logIn(socket, target, login)
}

function keyFault({ name, hostKeys, hasChangedKeys }: Target): string | undefined {
  if (hasChangedKeys)
    return `its host key changed at its last join; see "dynfarm node show ${name}", then "dynfarm node accept-key ${name}"`
  return algorithmsOf(hostKeys).length === 0 ? 'no host key of it is known' : undefined
}

/** Long enough for a busy link; a dead one is noticed within three of them. */
const keepaliveInterval = 10_000

async function logIn(socket: Duplex, target: Target, login: Login): Promise<Session> {
  const seen: Seen = { isSshd: false, deniedKey: false, errors: [] }
  writeTogether(socket)
  const ssh = new NodeSSH()
  const done = ssh.connect({
    sock: socket,
    username: login.user,
    authHandler: [shownBy(login)],
    algorithms: { serverHostKey: algorithmsOf(target.hostKeys) },
    hostVerifier: (key: Buffer) => {
      seen.deniedKey = !isPinned(target.hostKeys, key)
      return !seen.deniedKey
    },
    keepaliveInterval,
    keepaliveCountMax: 3,
    readyTimeout: 0,
  })
  const client = ssh.connection as Client
  prepareKeys(client)
  passOverHostKeys(client)
  if ('key' in login.identity) {
    signAtOnce(client, login.identity.key)
    askTogether(client, login.identity.key)
  }
  const ended = watch(client, seen)
  // Only now: ssh2 has paused the socket, so listening does not take its first bytes away from it.
  socket.once('data', (bytes) => {
    seen.isSshd = bytes.includes('SSH-')
  })
  try {
    await ready(done, login, ended)
    return sessionOf(client, { socket, ended, window: login.window })
  } catch (error) {
    socket.destroy()
    throw error instanceof HostFault ? error : faultOf(error as Error, seen)
  }
}

/** A key is parsed once for all hosts. */
function shownBy({ user: username, identity }: Login): object {
  return 'agent' in identity
    ? { type: 'agent', username, agent: identity.agent }
    : { type: 'publickey', username, key: identity.key }
}

interface Seen {
  /** It said what sshd says first; one with too many logins says something else or nothing. */
  isSshd: boolean
  deniedKey: boolean
  errors: Error[]
}

/** node-ssh stops listening once it is connected, and an error that nobody hears ends the process. */
function watch(client: Client, seen: Seen): Promise<string> {
  client.on('error', (error: Error) => {
    if (seen.errors.length < 4) seen.errors.push(error)
  })
  return new Promise((resolve) => {
    const end = () => resolve(seen.errors[0]?.message ?? 'the connection was closed')
    client.on('end', end).on('close', end).on('error', end)
  })
}

async function ready(done: Promise<unknown>, login: Login, ended: Promise<string>): Promise<void> {
  const clock = startClock(login.timeout)
  const late = clock.over.then(() => {
    throw new HostFault('timeout', 'auth', { reason: 'the login took too long' })
  })
  const over = ended.then((reason) => {
    throw new Error(reason)
  })
  try {
    await Promise.race([done, late, over])
  } finally {
    clock.stop()
    for (const promise of [done, late, over]) promise.catch(() => undefined)
  }
}

function faultOf(error: Error, { isSshd, deniedKey, errors }: Seen): HostFault {
  const first: Error & { level?: string } = errors[0] ?? error
  const reason = first.message
  if (deniedKey || /no matching host key/.test(reason)) {
    const denied = 'it shows another host key than the one from its join'
    return new HostFault('hostkey', 'auth', { reason: denied })
  }
  if (first.level === 'client-authentication')
    return new HostFault('refused', 'auth', { reason: 'it does not take this key' })
  if (first.level === 'agent') return new HostFault('refused', 'auth', { reason })
  if (!isSshd) {
    const dropped = 'it dropped the connection'
    return new HostFault('unreachable', 'connect', { reason: dropped, isDrop: true })
  }
  return new HostFault(first.level === 'handshake' ? 'refused' : 'lost', 'auth', { reason })
}
