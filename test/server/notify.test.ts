import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import { makeLog } from '../../src/log.ts'
import { notify } from '../../src/server/notify.ts'
import { testFolder } from '../fakes/folder.ts'
import { KeptStream } from '../fakes/stream.ts'

afterEach(() => {
  delete process.env['NOTIFY_SOCKET']
})

const listener = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    data, fds, _, _ = socket.recv_fds(s, 1024, 4)
    print(data.decode(), flush=True)
    for fd in fds: socket.close(fd)
`

/** A service manager at that socket; gives the way to wait until it has heard or said something. */
async function hear(path: string): Promise<(words: string) => Promise<void>> {
  const child = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  let heard = ''
  child.stdout.on('data', (part) => {
    heard += part
  })
  const until = async (words: string): Promise<void> => {
    while (!heard.includes(words)) await once(child.stdout, 'data')
  }
  await until('bound')
  return until
}

function logged(): { said: KeptStream; log: ReturnType<typeof makeLog> } {
  const said = new KeptStream()
  return { said, log: makeLog({ stdout: new KeptStream(), stderr: said, env: {} }) }
}

test('systemd is told where it asked for that', async () => {
  const path = join(testFolder(), 'notify')
  const until = await hear(path)
  process.env['NOTIFY_SOCKET'] = path
  const { said, log } = logged()
  await notify('READY=1', log)
  await until('READY=1')
  expect(said.text).toBe('')
})

test('nobody is told where nobody asked', async () => {
  const { said, log } = logged()
  await notify('READY=1', log)
  expect(said.text).toBe('')
})

test('a manager that does not hear is no reason to end', async () => {
  process.env['NOTIFY_SOCKET'] = join(testFolder(), 'none')
  const { said, log } = logged()
  await notify('READY=1', log)
  expect(said.text).toContain('systemd was not told "READY=1"')
})
