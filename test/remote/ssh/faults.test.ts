import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Outcome } from '../../../src/remote/outcome.ts'
import type { Run } from '../../../src/remote/run-command.ts'
import { type HostPlan, runHost } from '../../../src/remote/run-host.ts'
import { connectTo, type Login } from '../../../src/remote/session/connect.ts'
import { identityFromText } from '../../../src/remote/session/identity.ts'
import type { Target } from '../../../src/remote/session/target.ts'
import { makeFarm, runOn, withSession } from './support/hosts.ts'
import { childrenOf, endAll, listener, nap, processes, until } from './support/processes.ts'
import { type Relay, startRelay } from './support/relay.ts'
import { type Host, makeKey, publicKey } from './support/sshd.ts'

const farm = makeFarm()
let host: Host
const relays: Relay[] = []
beforeAll(async () => {
  host = await farm.start({})
})
afterAll(() => {
  for (const relay of relays) relay.close()
})

async function relayTo(target: Target, onBytes?: (relay: Relay) => void): Promise<Relay> {
  const relay = await startRelay(target, onBytes)
  relays.push(relay)
  return relay
}

/** The whole way of one host, with its attempts. */
function visit(
  target: Target,
  line: string,
  over: Partial<HostPlan & Login & Pick<Run, 'sink'> & { timeoutOfCommand: number }> = {},
) {
  const login = { ...farm.login, ...over }
  const { timeoutOfCommand: timeout, sink } = over
  return runHost(target, {
    work: (session, again) => runOn(session, line, { timeout, again, ...(sink && { sink }) }),
    signal: new AbortController().signal,
    connect: (to) => connectTo(to, login),
    retries: 0,
    wait: (ms) => sleep(ms),
    random: Math.random,
    ...over,
  })
}

const fault = async (target: Target, over: Partial<Login> = {}): Promise<unknown> =>
  connectTo(target, { ...farm.login, ...over }).then(
    (session) => session.close(),
    ({ hostClass, phase, message }) => ({ class: hostClass, phase, reason: message }),
  )

describe('no connection', () => {
  test('where nothing listens', async () => {
    expect(await fault({ ...host.target, port: 1 })).toMatchObject({
      class: 'unreachable',
      phase: 'connect',
    })
  })

  test('where no address is known, and where the first one does not answer', async () => {
    expect(await fault({ ...host.target, addresses: [] })).toMatchObject({ class: 'unreachable' })
    const addresses = ['127.9.255.1', ...host.target.addresses]
    expect(await fault({ ...host.target, addresses })).toBeUndefined()
  })

  test('where something listens that is no sshd and says nothing', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    expect(
      await fault({ ...host.target, addresses: ['127.0.0.1'], port }, { timeout: 300 }),
    ).toEqual({
      class: 'timeout',
      phase: 'auth',
      reason: 'the login took too long',
    })
    server.close()
  })
})

describe('no login', () => {
  test('with another key', async () => {
    const other = readFileSync(makeKey(farm.folder, 'other'), 'utf8')
    expect(await fault(host.target, { identity: identityFromText(other, 'other') })).toMatchObject({
      class: 'refused',
      phase: 'auth',
      reason: 'it does not take this key',
    })
  })

  test('of an account that is not there', async () => {
    expect(await fault(host.target, { user: 'nobody-here' })).toMatchObject({ class: 'refused' })
  })

  test('where the host shows another key, of the same type or another', async () => {
    const wrong = publicKey(join(farm.folder, 'identity'))
    const expected = { class: 'hostkey', phase: 'auth' }
    expect(await fault({ ...host.target, hostKeys: [wrong] })).toMatchObject(expected)
    const rsa = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7'
    expect(await fault({ ...host.target, hostKeys: [rsa] })).toMatchObject(expected)
    expect(await fault({ ...host.target, hostKeys: ['ssh-dss AAAA'] })).toMatchObject({
      class: 'hostkey',
      phase: 'connect',
    })
  })
})

describe('a busy sshd', () => {
  test('that drops logins by MaxStartups is asked again', async () => {
    const busy = await farm.start({ config: ['MaxStartups 2:90:3', 'LoginGraceTime 10'] })
    // A login may take ten times what it takes elsewhere, and each is to have its turn before it gives up.
    const wait = (ms: number) => sleep(3 * ms)
    const visits = Array.from({ length: 24 }, () => visit(busy.target, 'true', { wait }))
    const runs = await Promise.all(visits)
    expect(runs.map((run) => run.class)).toEqual(Array(24).fill('ok'))
    expect(runs.some(({ attempts }) => attempts > 1)).toBe(true)
  })

  test('that drops every one is given up on', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const run = await visit({ ...host.target, addresses: ['127.0.0.1'], port }, 'true', {
      wait: async () => undefined,
    })
    expect(run).toMatchObject({ class: 'unreachable', started: false, attempts: 9 })
    server.close()
  })

  test('that allows one channel still has its command ended', async () => {
    const narrow = await farm.start({ config: ['MaxSessions 1'] })
    const run = await visit(narrow.target, `${nap(74)} & ${nap(74)}`, { timeoutOfCommand: 300 })
    expect(run).toMatchObject({ class: 'timeout', killed: { left: 0, verified: true } })
    expect(processes(nap(74))).toEqual([])
  })

  test('that allows no channel refuses', async () => {
    const none = await farm.start({ config: ['MaxSessions 0'] })
    expect(await visit(none.target, 'true')).toMatchObject({
      class: 'refused',
      phase: 'open',
      started: false,
    })
  })

  test('whose account runs nothing refuses', async () => {
    const forced = await farm.start({ config: ['ForceCommand echo no; exit 1'] })
    expect(await visit(forced.target, 'true', { retries: 3 })).toMatchObject({
      class: 'refused',
      phase: 'open',
      attempts: 1,
    })
  })
})

describe('a connection that breaks', () => {
  test('by a reset in the middle of output', async () => {
    const relay = await relayTo(host.target, (each) => each.bytes() > 3_000_000 && each.reset())
    const run = await visit(relay.target, 'cat /dev/zero', { retries: 2 })
    expect(run).toMatchObject({ class: 'lost', phase: 'run', started: true, attempts: 1 })
  })

  test('by a reset while its output is not taken', async () => {
    const relay = await relayTo(host.target)
    await withSession(relay.target, farm.login, async (session) => {
      let release: () => void = () => undefined
      const held = new Promise<void>((resolve) => {
        release = resolve
      })
      const outcome = runOn(session, 'cat /dev/zero', { sink: () => held })
      await until(() => relay.bytes() > 2_000_000)
      relay.reset()
      await sleep(50)
      release()
      expect(await outcome).toMatchObject({ class: 'lost', phase: 'run' })
    })
  })

  test('by a reset while it is given input', async () => {
    const relay = await relayTo(host.target)
    await withSession(relay.target, farm.login, async (session) => {
      const input = { read: async () => Buffer.alloc(65_536), close: () => undefined }
      const { sink, hasHeard } = listener()
      const outcome = runOn(session, `echo up; ${nap(60)}`, { input, sink })
      await until(hasHeard)
      relay.reset()
      expect(await outcome).toMatchObject({ class: 'lost', phase: 'run' })
    })
    await until(() => processes(nap(60)).length === 0)
  })

  test('by an end while something is written, ends nothing else', async () => {
    const relay = await relayTo(host.target)
    const session = await connectTo(relay.target, farm.login)
    const { channel } = await session.exec('cat')
    relay.close()
    await session.ended
    channel.end('x')
    await sleep(50)
    await expect(session.exec('true')).rejects.toMatchObject({ hostClass: 'lost' })
  })

  test('before the command started is tried again, when that was asked for', async () => {
    let resets = 0
    const relay = await relayTo(host.target, (each) => {
      if (each.bytes() > 500 && resets++ < 2) each.reset()
    })
    const run = await visit(relay.target, 'true', { retries: 20 })
    expect(run).toMatchObject({ class: 'ok' })
    expect(run.attempts).toBeGreaterThan(1)
    resets = 0
    expect(await visit(relay.target, 'true')).toMatchObject({ started: false, attempts: 1 })
  })

  test('by its sshd being killed', async () => {
    const doomed = await farm.start({})
    const { sink, hasHeard } = listener()
    const run = visit(doomed.target, `echo up; exec ${nap(75)}`, { sink })
    await until(() => hasHeard() && processes(nap(75)).length === 1)
    endAll(childrenOf(doomed.pid), 'SIGKILL')
    expect(await run).toMatchObject({ class: 'lost', phase: 'run', started: true })
    await until(() => processes(nap(75)).length === 0)
  })
})

test('an answer that comes in one packet with the command and its end is understood', async () => {
  const relay = await relayTo(host.target)
  await withSession(relay.target, farm.login, async (session) => {
    relay.batch()
    expect(await runOn(session, 'echo a')).toMatchObject({ class: 'ok', stdout: 'a\n' })
  })
})

describe('a black hole', () => {
  test('after the login ends in time', async () => {
    const relay = await relayTo(host.target)
    await withSession(relay.target, farm.login, async (session) => {
      const { sink, hasHeard } = listener()
      const outcome = runOn(session, `echo begun; exec ${nap(76)}`, { timeout: 5000, sink })
      await until(() => hasHeard() && processes(nap(76)).length === 1)
      relay.freeze()
      expect(await outcome).toMatchObject({
        class: 'timeout',
        phase: 'run',
        killed: { verified: false },
      })
    })
    // The far side's own deadline would end it; closing the relay does it now.
    relay.close()
    await until(() => processes(nap(76)).length === 0)
  })

  test('that drips ends in time', async () => {
    const run = await visit(host.target, 'while :; do echo .; sleep 0.1; done', {
      timeoutOfCommand: 1000,
    })
    expect(run).toMatchObject({ class: 'timeout', killed: { verified: true } })
  })
})

test('of many hosts the dead ones keep nobody waiting', async () => {
  const addresses = Array.from({ length: 192 }, (_, i) => `127.8.${process.pid % 200}.${i + 1}`)
  const many = await farm.start({
    name: 'many',
    addresses: addresses.slice(0, 1),
    config: ['MaxStartups 400', 'ListenAddress 0.0.0.0'],
  })
  const dead = Array.from({ length: 64 }, () => ({ ...many.target, port: 1 }))
  const alive = addresses.map((address) => ({ ...many.target, addresses: [address] }))
  const runs: Outcome[] = []
  const targets = [...dead, ...alive]
  const worker = async () => {
    for (let next = targets.shift(); next !== undefined; next = targets.shift())
      runs.push(await visit(next, 'true'))
  }
  await Promise.all(Array.from({ length: 64 }, worker))
  const count = (hostClass: string) => runs.filter((run) => run.class === hostClass).length
  expect({ ok: count('ok'), unreachable: count('unreachable') }).toEqual({
    ok: 192,
    unreachable: 64,
  })
}, 600_000)
