import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { renderExamined } from '../../src/run/doctor.ts'
import { tryServers } from '../../src/run/ports-out.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})

async function listen(serve: (socket: Socket) => void = () => undefined): Promise<number> {
  const server = createServer(serve).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function closedPort(): Promise<number> {
  const port = await listen()
  const [server] = open.splice(-1)
  server?.close()
  return port
}

test('a server that answers and one that does not are each told of', async () => {
  const [there, gone] = [await listen(), await closedPort()]
  const [one, other] = [`https://127.0.0.1:${there}`, `https://127.0.0.1:${gone}`]
  expect(await tryServers([one, other], undefined)).toEqual([
    { name: `server "${one}"`, isThere: true },
    { name: `server "${other}"`, isThere: false, why: 'is not reached: refused' },
  ])
})

test('by the proxy of the site, and what the proxy says', async () => {
  const asked: string[] = []
  const answers = ['200 OK', '403 Forbidden']
  const proxy = await listen((socket) => {
    socket.once('data', (data) => {
      asked.push(data.toString().split('\r\n')[0] ?? '')
      socket.end(`HTTP/1.1 ${answers.shift()}\r\ncontent-length: 0\r\n\r\n`)
    })
  })
  const url = 'https://hub1.example.org:8443'
  const ask = () => tryServers([url], `http://127.0.0.1:${proxy}`)
  expect(await ask()).toEqual([{ name: `server "${url}"`, isThere: true }])
  const [refused] = await ask()
  expect(refused).toMatchObject({ isThere: false, why: expect.stringContaining('403') })
  expect(asked).toEqual(Array(2).fill('CONNECT hub1.example.org:8443 HTTP/1.1'))
})

test('without a server the way to name one is told', async () => {
  const out = await tryServers([], undefined)
  const text = renderExamined({ mode: 'socks', ns: [], preloader: null, out })
  expect(text).toMatch(/^server +none to try: "--server URL", or "servers" in join.yaml/m)
})
