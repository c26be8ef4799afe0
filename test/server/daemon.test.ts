import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { stringify } from 'yaml'
import { testFolder } from '../fakes/folder.ts'
import { freePort } from '../fakes/port.ts'
import { centre, writeCentre, writeProfile } from './test-server.ts'

const root = join(import.meta.dirname, '../..')

interface Started {
  child: ChildProcess
  dir: string
  said(): string
  /** Waits until that was said. */
  until(words: string): Promise<void>
}

/** `dynfarm serve` as a process of its own, on free ports. */
async function startServe(over: object = {}): Promise<Started> {
  const dir = testFolder()
  const [listen, admin] = [await freePort(), await freePort()]
  const server = {
    ...centre.server,
    listen: `127.0.0.1:${listen}`,
    admin: `127.0.0.1:${admin}`,
    ...over,
  }
  await writeCentre(join(dir, 'config'), { server })
  const child = spawn(process.execPath, [join(root, 'bin/dynfarm.ts'), 'serve'], {
    env: {
      DYNFARM_CONFIG: join(dir, 'config'),
      DYNFARM_STATE: join(dir, 'state'),
      DYNFARM_RUN: join(dir, 'run'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text
      child.emit('said')
    })
  const until = async (words: string): Promise<void> => {
    while (!said.includes(words)) {
      if (child.exitCode !== null) throw new Error(`it ended: ${said}`)
      await Promise.race([once(child, 'said'), once(child, 'exit')])
    }
  }
  return { child, dir, said: () => said, until }
}

function get(socketPath: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
      .on('error', reject)
      .end()
  })
}

test('serves until it is told to end, reads again at SIGHUP, and leaves nothing behind', async () => {
  const { child, dir, until } = await startServe()
  await until('listens for machines at 127.0.0.1:')
  const socket = join(dir, 'run/admin.sock')
  expect(await get(socket, '/readyz')).toBe(200)
  child.kill('SIGHUP')
  await until('the configuration was read again')
  const text = readFileSync(join(dir, 'config/centre.yaml'), 'utf8')
  writeProfile(join(dir, 'config'), { centre: 'x' })
  child.kill('SIGHUP')
  await until('the configuration in force stays')
  expect(await get(socket, '/healthz')).toBe(200)
  expect(text).toContain(stringify({ domain: centre.domain }).trim())
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(existsSync(socket)).toBe(false)
})

test('ends at once at the second signal', async () => {
  const { child, dir, until } = await startServe()
  await until('listens for machines')
  // A request whose body does not come keeps the server from ending by itself.
  const asked = request({
    socketPath: join(dir, 'run/admin.sock'),
    path: '/v1/reload',
    method: 'POST',
  })
  asked.setHeader('content-type', 'application/json').setHeader('content-length', 10)
  asked.setHeader('expect', '100-continue')
  asked.on('error', () => {})
  asked.flushHeaders()
  await once(asked, 'continue')
  child.kill('SIGINT')
  await until('ends')
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([130, null])
})

test('says by its exit code that its port is taken', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void taken.close())
  await once(taken, 'listening')
  const { port } = taken.address() as { port: number }
  const { child, said } = await startServe({ listen: `127.0.0.1:${port}` })
  expect(await once(child, 'close')).toEqual([71, null])
  expect(said()).toContain(`"127.0.0.1:${port}" is in use`)
})
