import { copyFileSync } from 'node:fs'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startTestServer } from './test-server.ts'

interface Answer {
  status: number
  body: string
}

function get(options: object, of: typeof request | typeof requestTls): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = of({ agent: false, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    asked.on('error', reject).end()
  })
}

describe('a server', () => {
  test('says on its socket and on the admin listener that it lives', async () => {
    const now = Date.now()
    const { socket, admin, keys } = await startTestServer({ now: () => now })
    const ok = { status: 200, body: `{"ok":true,"time":${now}}` }
    expect(await get({ socketPath: socket, path: '/healthz' }, request)).toEqual(ok)
    const port = Number(admin.split(':').at(-1))
    const ca = keys.authorities.server.certificate
    expect(await get({ host: '127.0.0.1', port, path: '/healthz', ca }, requestTls)).toEqual(ok)
  })

  test('has nothing of the admin listener on the join listener', async () => {
    const { join, keys } = await startTestServer()
    const port = Number(join.split(':').at(-1))
    const ca = keys.authorities.server.certificate
    const answer = await get({ host: '127.0.0.1', port, path: '/healthz', ca }, requestTls)
    expect(answer.status).toBe(404)
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'not-found' })
  })

  test('says in its log that its store is an older one, and what follows', async () => {
    const first = await startTestServer()
    const store = join(first.stateDir, 'server/store.db')
    const backup = join(first.stateDir, 'backup.db')
    await first.close()
    copyFileSync(store, backup)
    const again = { like: first, stateDir: first.stateDir }
    await (await startTestServer(again)).close()
    copyFileSync(backup, store)
    const { said } = await startTestServer(again)
    expect(said.text).toMatch(/the store was restored: .*before machines join.*tokens .* closed/)
    expect(first.said.text).not.toContain('restored')
  })
})
