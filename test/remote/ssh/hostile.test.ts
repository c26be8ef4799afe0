import { generateKeyPairSync } from 'node:crypto'
import ssh2 from 'ssh2'
import { afterAll, describe, expect, test } from 'vitest'
import { runHost } from '../../../src/remote/run-host.ts'
import { connectTo } from '../../../src/remote/session/connect.ts'
import type { Target } from '../../../src/remote/session/target.ts'
import { makeFarm, runOn } from './support/hosts.ts'

const farm = makeFarm()
const servers: { close(): void }[] = []
afterAll(() => {
  for (const server of servers) server.close()
})

/** What a server of ssh2 offers to misbehave with. */
interface Channel {
  outgoing: { id: number }
  stderr: { write(text: string): void }
  write(bytes: Buffer | string): boolean
  exit(code: number): void
  close(): void
}
interface Connection {
  on(event: 'error', listener: () => void): void
  on(event: 'authentication', listener: (context: { accept(): void }) => void): void
  on(event: 'session', listener: (accept: () => SessionEvents) => void): void
  _protocol: { channelData(id: number, bytes: Buffer): void }
  _sock: { write(bytes: Buffer): void; destroy(): void }
}
interface SessionEvents {
  on(
    event: 'exec',
    listener: (accept: () => Channel, reject: unknown, info: { command: string }) => void,
  ): void
}
interface Server {
  listen(port: number, host: string, done: () => void): void
  address(): { port: number }
  close(): void
}
type Behaviour = (accept: () => Channel, command: string, connection: Connection) => void

const { Server } = ssh2 as unknown as {
  Server: new (options: object, onClient: (client: Connection) => void) => Server
}

/** An sshd that knows its own key and does as it likes with commands. */
async function startServer(behave: Behaviour): Promise<Target> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
  const server = new Server({ hostKeys: [pem] }, (client) => {
    client.on('error', () => undefined)
    client.on('authentication', (context) => context.accept())
    client.on('session', (open) =>
      open().on('exec', (accept, _, { command }) => behave(accept, command, client)),
    )
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const key = ssh2.utils.parseKey(pem)
  if (key instanceof Error) throw key
  const hostKeys = [`ssh-rsa ${key.getPublicSSH().toString('base64')}`]
  const { port } = server.address()
  return { name: 'evil-1', addresses: ['127.0.0.1'], port, hostKeys, hasChangedKeys: false }
}

/** The line that a true far side begins with. */
function startLine(command: string, place = '1:1:1:-'): string {
  const mark = /dynfarm 0 0 (\w+)/.exec(command)?.[1]
  return `dynfarm:${mark}:${place}\n`
}

async function visit(behave: Behaviour, timeout = 60_000) {
  const session = await connectTo(await startServer(behave), farm.login)
  try {
    return await runOn(session, 'true', { timeout, again: () => Promise.reject(new Error('no')) })
  } finally {
    session.close()
  }
}

describe('a hostile host', () => {
  test('that closes the channel without an exit code is lost', async () => {
    const outcome = await visit((accept, command) => {
      const channel = accept()
      channel.stderr.write(startLine(command))
      channel.close()
    })
    expect(outcome).toMatchObject({ class: 'lost', phase: 'exit' })
  })

  test('that breaks off when it was asked to run it is not asked again, for it may have begun', async () => {
    let asked = 0
    const target = await startServer((accept, _, connection) => {
      asked += 1
      accept()
      connection._sock.destroy()
    })
    const run = await runHost(target, {
      work: (session) => runOn(session, 'true'),
      signal: new AbortController().signal,
      connect: (to) => connectTo(to, farm.login),
      retries: 3,
      wait: async () => undefined,
      random: Math.random,
    })
    expect(run).toMatchObject({ class: 'lost', phase: 'open', started: true, attempts: 1 })
    expect(asked).toBe(1)
  })

  test('that never starts the command and exits well is no success', async () => {
    const outcome = await visit((accept) => {
      const channel = accept()
      channel.exit(0)
      channel.close()
    })
    expect(outcome).toMatchObject({ class: 'refused', phase: 'open', started: false })
  })

  test('that sends garbage instead of packets is lost', async () => {
    const outcome = await visit((accept, command, connection) => {
      accept().stderr.write(startLine(command))
      setTimeout(() => connection._sock.write(Buffer.alloc(4096, 0xa5)), 50)
    })
    expect(outcome).toMatchObject({ class: 'lost', phase: 'run' })
  })

  test('that exits twice, and prints after that, has one exit', async () => {
    const outcome = await visit((accept, command) => {
      const channel = accept()
      channel.stderr.write(startLine(command))
      channel.exit(3)
      channel.exit(0)
      channel.write('late')
      channel.close()
    })
    expect(outcome).toMatchObject({ class: 'failed', exit: 3, stdout: 'late' })
  })

  test('whose word on what it killed is a lie says nothing about others', async () => {
    let calls = 0
    const outcome = await visit((accept, command) => {
      const channel = accept()
      calls += 1
      if (calls === 1) channel.stderr.write(startLine(command, "1:1:1:/x' $(touch /tmp/owned)"))
      else {
        expect(command).toContain("'/x'\\'' $(touch /tmp/owned)'")
        channel.write('dynfarm:0000000000000000:5:0\n')
        channel.exit(0)
        channel.close()
      }
    }, 300)
    expect(outcome).toMatchObject({ class: 'timeout', killed: { verified: false } })
    expect(calls).toBe(2)
  })

  test('that ignores the window does not fill the memory', async () => {
    const session = await connectTo(
      await startServer((accept, command, connection) => {
        const channel = accept()
        channel.stderr.write(startLine(command))
        const bytes = Buffer.alloc(30_001)
        let sent = 0
        const timer = setInterval(() => {
          for (let i = 0; i < 32; i++) connection._protocol.channelData(channel.outgoing.id, bytes)
          sent += 32
          if (sent > 1024) clearInterval(timer)
        }, 5)
      }),
      farm.login,
    )
    const never = new Promise<void>(() => undefined)
    const outcome = await runOn(session, 'true', { sink: () => never, timeout: 20_000 })
    session.close()
    expect(outcome).toMatchObject({ class: 'lost' })
  })
})
