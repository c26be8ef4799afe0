import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { createKey } from '../../src/pki/csr.ts'
import { dynfarm } from '../fakes/edge.ts'
import { testFolder } from '../fakes/folder.ts'
import { asRoot, withBundle } from '../server/command-line.ts'
import { startTestServer, type TestServer, type TestServerOptions } from '../server/test-server.ts'

let folder: string
beforeEach(() => {
  folder = testFolder()
})

async function serverWithBundle(
  options: TestServerOptions = {},
): Promise<{ server: TestServer; bundle: string }> {
  const server = await startTestServer(options)
  const bundle = join(folder, 'admin.json')
  const words = ['--role', 'admin', '--out', bundle, '--url', `https://${server.admin}`]
  expect(await asRoot(server, ['admin', 'create', 'anna', ...words])).toMatchObject({ code: 0 })
  return { server, bundle }
}

async function actorsOf({ server }: TestServer): Promise<string[]> {
  const lines = await server.store.read(({ audit }) => audit.list({ limit: 10 }))
  return lines.map(({ actor }) => actor)
}

const create = ['token', 'create', '--site', 'aruba']

describe('the way to the server', () => {
  test('is the named bundle before the socket, and the own one after it', async () => {
    const { server, bundle } = await serverWithBundle()
    const home = join(folder, 'home')
    mkdirSync(join(home, '.config/dynfarm'), { recursive: true })
    const own = join(home, '.config/dynfarm/admin.json')
    writeFileSync(own, readFileSync(bundle), { mode: 0o600 })
    const run = dirname(server.socket)
    const ways: [NodeJS.ProcessEnv, string[]][] = [
      [{ DYNFARM_RUN: run, HOME: home }, create],
      [{ DYNFARM_RUN: run, DYNFARM_ADMIN: bundle }, create],
      [{ DYNFARM_RUN: run, DYNFARM_ADMIN: '/nowhere' }, [...create, '--bundle', bundle]],
      [{ DYNFARM_RUN: run }, ['--bundle', bundle, ...create]],
      [{ DYNFARM_RUN: folder, HOME: home }, create],
    ]
    for (const [env, words] of ways)
      expect(await dynfarm(words, { env })).toMatchObject({ code: 0 })
    const [, ...actors] = await actorsOf(server)
    expect(actors).toEqual([expect.stringMatching(/^root@/), 'anna', 'anna', 'anna', 'anna'])
  })

  test('is told to be missing, with what can be done', async () => {
    const env = { DYNFARM_RUN: folder, HOME: folder }
    const ended = await dynfarm(['node', 'list'], { env })
    expect(ended).toMatchObject({ code: 75, stdout: '' })
    expect(ended.stderr).toBe(
      `dynfarm: no server runs on this host (no socket "${folder}/admin.sock"), and there is no bundle "${folder}/.config/dynfarm/admin.json"\n  start "dynfarm serve" on this host, or name a bundle of a server elsewhere: --bundle FILE\n`,
    )
  })

  test('leads nowhere when the server has ended', async () => {
    const { server, bundle } = await serverWithBundle()
    await server.close()
    expect(await asRoot(server, ['node', 'list'])).toMatchObject({ code: 75, stdout: '' })
    const ended = await withBundle(bundle, ['node', 'list'])
    expect(ended).toMatchObject({ code: 75, stdout: '' })
    expect(ended.stderr).toContain(`no server answers: "https://${server.admin}" (refused)`)
  })
})

describe('a bundle', () => {
  test('that others can read is refused before it is used', async () => {
    const { server, bundle } = await serverWithBundle()
    for (const mode of [0o640, 0o604, 0o602]) {
      chmodSync(bundle, mode)
      const ended = await withBundle(bundle, create)
      expect(ended).toMatchObject({ code: 77, stdout: '' })
      expect(ended.stderr).toContain(`"${bundle}" is open to others (mode 0${mode.toString(8)})`)
    }
    expect(await actorsOf(server)).toHaveLength(1)
  })

  test('that is missing, or is none, is told so and shows nothing of itself', async () => {
    const { bundle } = await serverWithBundle()
    const whole = JSON.parse(readFileSync(bundle, 'utf8'))
    const cases: [unknown, string][] = [
      ['{', 'is no bundle'],
      [{}, '"/centre" is missing'],
      [{ ...whole, urls: [] }, '"/urls" has less than 1 entries'],
      [{ ...whole, urls: ['http://x'] }, '"/urls/0" is not of the form'],
      [{ ...whole, pins: [] }, '"/pins" has less than 1 entries'],
      [{ ...whole, key: 'x' }, '"/key" is not a private key'],
      [{ ...whole, key: await createKey() }, 'cannot be used together'],
    ]
    for (const [content, message] of cases) {
      const text = typeof content === 'string' ? content : JSON.stringify(content)
      writeFileSync(bundle, text, { mode: 0o600 })
      const ended = await withBundle(bundle, ['node', 'list'])
      expect(ended).toMatchObject({ code: 77, stdout: '' })
      expect(ended.stderr).toContain(message)
      expect(ended.stderr).not.toContain('PRIVATE')
    }
    const missing = await withBundle(join(folder, 'no'), ['node', 'list'])
    expect(missing).toMatchObject({ code: 77, stdout: '' })
    expect(missing.stderr).toContain(`there is no bundle "${folder}/no"`)
    expect(await withBundle(folder, ['node', 'list'])).toMatchObject({ code: 77 })
  })

  test('of another centre gets no answer', async () => {
    const { bundle } = await serverWithBundle()
    const other = await startTestServer()
    const whole = JSON.parse(readFileSync(bundle, 'utf8'))
    const urls = [`https://${other.admin}`]
    writeFileSync(bundle, JSON.stringify({ ...whole, urls }))
    const distrusts = await withBundle(bundle, ['node', 'list'])
    expect(distrusts).toMatchObject({ code: 77, stdout: '' })
    expect(distrusts.stderr).toContain('cannot be trusted')
    writeFileSync(bundle, JSON.stringify({ ...whole, urls, pins: [other.server.keys.pin] }))
    const distrusted = await withBundle(bundle, ['node', 'list'])
    expect(distrusted).toMatchObject({ code: 77, stdout: '' })
  })

  test.each([
    [-400, / ended /],
    [30, / begins .* later/],
  ])('at a server whose clock is %d days off names the clock', async (days, message) => {
    const { bundle } = await serverWithBundle({ now: () => Date.now() + days * 86_400_000 })
    const ended = await withBundle(bundle, ['node', 'list'])
    expect(ended).toMatchObject({ code: 75, stdout: '' })
    expect(ended.stderr).toMatch(/^dynfarm: the clock here says /)
    expect(ended.stderr).toMatch(message)
  })
})
