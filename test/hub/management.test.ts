import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { followManagement } from '../../src/hub/management.ts'
import { testFolder } from '../fakes/folder.ts'

const id = `4${'a'.repeat(31)}`
const header =
  'HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tBytes Received\tBytes Sent\tConnected Since (time_t)\tClient ID'
const answer = `TITLE\tOpenVPN\n${header}\nCLIENT_LIST\t${id}\t198.51.100.1:9\t10.200.1.1\t\t1\t2\t1700000000\t7\nEND\n`

interface Daemon {
  heard: string[]
  sockets: Socket[]
  close(): Promise<void>
}

function listen(path: string): Promise<Daemon> {
  const heard: string[] = []
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard.push(...text.trimEnd().split('\n'))
      if (text.includes('status 3')) socket.write(answer)
    })
  })
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  return new Promise((resolve) => server.listen(path, () => resolve({ heard, sockets, close })))
}

test('asks who is there, hears who comes, ends sessions, and finds a daemon that came back', async () => {
  const path = join(testFolder(), 'management.sock')
  const told = { established: vi.fn(), status: vi.fn(), lost: vi.fn() }
  const management = followManagement(path, told)
  onTestFinished(() => management.close())
  // The daemon starts after who follows it.
  const first = await listen(path)
  await expect.poll(() => told.status).toHaveBeenCalledOnce()
  expect(told.status.mock.calls[0]?.[0]).toMatchObject([{ certificate: id, client: 7 }])
  first.sockets[0]?.write(
    `>CLIENT:ESTABLISHED,8\n>CLIENT:ENV,common_name=${id}\n>CLIENT:ENV,trusted_ip=198.51.100.1\n>CLIENT:ENV,trusted_port=9\n>CLIENT:ENV,END\n`,
  )
  await expect.poll(() => told.established).toHaveBeenCalledOnce()
  expect(told.established.mock.calls[0]?.[0]).toMatchObject({ certificate: id, client: 8 })
  management.kill(id)
  await management.flushed()
  expect(first.heard).toEqual(['status 3', `kill ${id}`, 'status 3'])
  expect(told.lost).not.toHaveBeenCalled()
  await first.close()
  await expect.poll(() => told.lost).toHaveBeenCalledOnce()
  const second = await listen(path)
  onTestFinished(() => second.close())
  await expect.poll(() => second.heard).toEqual(['status 3'])
})

test('where nobody listens nothing happens, and it ends at once', async () => {
  const told = { established: vi.fn(), status: vi.fn(), lost: vi.fn() }
  const management = followManagement(join(testFolder(), 'none'), told)
  management.kill(id)
  management.close()
  expect(told.status).not.toHaveBeenCalled()
})
