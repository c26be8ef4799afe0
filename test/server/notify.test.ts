import { type ChildProcess, spawn } from 'node:child_process'
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

/** What a service manager hears at that socket. */
async function hear(path: string): Promise<ChildProcess> {
  const child = spawn('python3', ['-c', listener, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  if (child.stdout === null) throw new Error('no output')
  await once(child.stdout, 'data')
  return child
}

function logged(): { said: KeptStream; log: ReturnType<typeof makeLog> } {
  const said = new KeptStream()
  return { said, log: makeLog({ stdout: new KeptStream(), stderr: said, env: {} }) }
}

test('systemd is told where it asked for that', async () => {
  const path = join(testFolder(), 'notify')
  const child = await hear(path)
  process.env['NOTIFY_SOCKET'] = path
  const { said, log } = logged()
  const heard = child.stdout && once(child.stdout, 'data')
  await notify('READY=1', log)
  expect(String((await heard)?.[0])).toContain('READY=1')
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
