import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createServer as createTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Machine } from '../../../src/apply/machine.ts'
import { observeUser } from '../../../src/client/observe-user.ts'
import { socketFault } from '../../../src/client/requests/connect-fault.ts'
import { realUser, userHeader } from '../../../src/client/requests/user.ts'
import { openClient } from '../../../src/client/requests.ts'
import { healthy, listen, sendJson } from './servers.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'dynfarm-socket-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

it('asks the server on this host, and says who asks', async () => {
  const path = join(dir, 'admin.sock')
  let heard: IncomingHttpHeaders = {}
  const server = await listen(
    createServer((request, response) => {
      heard = request.headers
      sendJson(response, healthy())
    }),
    { path },
  )
  const client = openClient({ socketPath: path, user: 'anna\r\nx: y' })
  expect(await client.request('healthz', {})).toMatchObject({ ok: true })
  expect(heard).toMatchObject({ host: 'localhost', 'x-dynfarm-user': 'anna__x__y' })
  expect(heard).not.toHaveProperty('x')
  client.close()
  await server.close()
})

it('tells that the server is not running', async () => {
  const path = join(dir, 'admin.sock')
  const client = openClient({ socketPath: path })
  const told = { code: 'server-not-running', exit: 75, message: `nobody listens on "${path}"` }
  await expect(client.request('healthz', {})).rejects.toMatchObject(told)
  writeFileSync(path, '')
  await expect(client.request('healthz', {})).rejects.toMatchObject(told)
})

it('tells that only root may', () => {
  expect(socketFault('/s', { code: 'EACCES' })).toMatchObject({ code: 'needs-root', exit: 77 })
  expect(socketFault('/s', { code: 'EMFILE' })).toEqual({ code: 'EMFILE' })
})

it('is not stopped by a server that does not answer', async () => {
  const path = join(dir, 'admin.sock')
  const server = await listen(createTcp(), { path })
  chmodSync(path, 0o600)
  const client = openClient({ socketPath: path, limits: { idleMs: 50 } })
  await expect(client.request('healthz', {})).rejects.toMatchObject({ code: 'server-unreachable' })
  client.close()
  await server.close()
})

it.each([
  ['1000', undefined, '1000'],
  ['1000\n', 'bob', '1000'],
  ['0', 'bob', '0'],
  ['4294967295', 'bob', 'bob'],
  ['4294967295', undefined, undefined],
  [undefined, 'bob', 'bob'],
  ['x', '', undefined],
])('the login %j and the sudo of %j are those of %j', (loginUid, sudoUser, user) => {
  expect(realUser({ loginUid, sudoUser })).toBe(user)
})

it('finds the name of who logged in', async () => {
  const asked: string[] = []
  const machine = machineOf('1000', async ({ argv }) => {
    asked.push(argv.join(' '))
    return { code: 0, stdout: 'anna:x:1000:1000::/home/anna:/bin/sh\n', stderr: '' }
  })
  expect(await observeUser(machine, undefined)).toBe('anna')
  expect(asked).toEqual(['getent passwd -- 1000'])
})

it('tells the number of who has no name, and nothing of nobody', async () => {
  const nameless = async () => ({ code: 2, stdout: '', stderr: '' })
  expect(await observeUser(machineOf('77', nameless), undefined)).toBe('77')
  expect(await observeUser(machineOf(undefined, nameless), undefined)).toBeUndefined()
})

function machineOf(loginUid: string | undefined, run: Machine['run']): Machine {
  const owned = { mode: 0o644, uid: 0, gid: 0 }
  return {
    run,
    readFile: async (path) => {
      expect(path).toBe('/proc/self/loginuid')
      return loginUid === undefined ? undefined : { content: Buffer.from(loginUid), ...owned }
    },
  } as Machine
}

it('puts no more of a name into a header than names have', () => {
  expect(userHeader(undefined)).toEqual({})
  expect(userHeader('DOM\\anna.b@x-y$')).toEqual({ 'x-dynfarm-user': 'DOM\\anna.b@x-y$' })
  expect(userHeader(`é${'a'.repeat(99)}`)).toEqual({ 'x-dynfarm-user': `_${'a'.repeat(63)}` })
})
