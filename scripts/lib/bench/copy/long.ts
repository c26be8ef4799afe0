import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { writeInventory } from '../../../../test/remote/ssh/support/exec.ts'
import { type Hosts, makeFile } from './hosts.ts'
import { inTurn, type Ran, run } from './run.ts'

export interface LongOptions {
  dynfarm: string
  folder: string
  rounds: number
  megabytes: number
  mbit: number
  roundTripMs: number
}

/** One large file over a long line, both ways, beside a plain stream of as many bytes. */
export async function measureLong(
  hosts: Hosts,
  { dynfarm, folder, rounds, megabytes, mbit, roundTripMs }: LongOptions,
): Promise<Map<string, Ran[]>> {
  const file = makeFile(join(folder, 'long-source'), { name: 'long', megabytes })
  const [host] = hosts.hosts
  if (host === undefined) throw new Error('no host')
  const server = createServer((socket) => answer(socket, megabytes * 1e6)).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const bound = server.address()
  const bulkPort = typeof bound === 'object' ? (bound?.port ?? 0) : 0
  const lines = [
    await startLine([host.target.addresses[0] ?? '', host.target.port, mbit, roundTripMs]),
    await startLine(['127.0.0.1', bulkPort, mbit, roundTripMs]),
  ] as const
  try {
    const target = { ...host.target, addresses: ['127.0.0.1'], port: lines[0].port }
    mkdirSync(join(folder, 'long'), { recursive: true })
    const state = writeInventory(join(folder, 'long'), [{ target }])
    const own = ['--state', state, '-i', hosts.identity, '-w', '@all']
    const exec = (line: string) => run([dynfarm, 'remote', 'exec', ...own, line])
    const target2 = join(folder, 'got')
    const up = [dynfarm, 'remote', 'put', ...own, file, '/run/long']
    const down = [dynfarm, 'remote', 'get', '--flat', ...own, '/run/long', target2]
    const results = await inTurn(rounds, [
      { name: 'plain stream up', once: () => stream(lines[1].port, megabytes * 1e6) },
      {
        name: 'put',
        once: async () => {
          await exec('rm -f /run/long')
          return run(up)
        },
      },
      { name: 'plain stream down', once: () => stream(lines[1].port, 0) },
      {
        name: 'get',
        once: async () => {
          rmSync(target2, { recursive: true, force: true })
          const ran = await run(down)
          const got = statSync(join(target2, `long.${host.target.name}`)).size
          if (got !== megabytes * 1e6) throw new Error(`get gave ${got} bytes`)
          return ran
        },
      },
    ])
    await exec('rm -f /run/long')
    return results
  } finally {
    for (const { child } of lines) child.kill()
    server.close()
  }
}

/** Takes bytes in until the far side ends, or sends as many as it was told, by the first byte. */
function answer(socket: Socket, bytes: number): void {
  let isFirst = true
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => {
    if (isFirst && chunk[0] === 1) send(socket, bytes)
    isFirst = false
  })
  socket.on('end', () => socket.end())
}

function send(socket: Socket, bytes: number): void {
  const chunk = Buffer.alloc(65_536)
  let left = bytes
  const more = () => {
    while (left > 0) {
      const part = chunk.subarray(0, Math.min(chunk.length, left))
      left -= part.length
      if (!socket.write(part)) return void socket.once('drain', more)
    }
    socket.end()
  }
  more()
}

/** From the connection's begin until the other side has said that it has all, or all is here. */
function stream(port: number, up: number): Promise<Ran> {
  const [begin, cpu] = [performance.now(), process.cpuUsage()]
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.resume()
  if (up > 0) send(socket, up)
  else socket.write(Buffer.from([1]))
  return new Promise((done, fail) => {
    socket.once('end', () => {
      socket.destroy()
      const { user, system } = process.cpuUsage(cpu)
      done({ wallMs: performance.now() - begin, cpuMs: (user + system) / 1000, peakMiB: 0 })
    })
    socket.once('error', fail)
  })
}

async function startLine(
  args: readonly (string | number)[],
): Promise<{ child: ChildProcess; port: number }> {
  const script = resolve(import.meta.dirname, 'line.ts')
  const child = spawn(process.execPath, [script, ...args.map(String)], {
    // It ends when its standard input does.
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const port = await new Promise<number>((done) =>
    child.stdout.once('data', (bytes: Buffer) => done(Number(bytes.toString()))),
  )
  return { child, port }
}
