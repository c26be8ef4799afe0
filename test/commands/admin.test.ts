import { existsSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { isLoopback } from '../../src/client/admin/admin-urls.ts'
import { createCsr, createKey } from '../../src/pki/csr.ts'
import { personHandlers } from '../../src/server/admin/admins.ts'
import { handlers } from '../../src/server/handlers.ts'
import { testFolder } from '../fakes/folder.ts'
import { asRoot, withBundle } from '../server/command-line.ts'
import { startTestServer, type TestServer } from '../server/test-server.ts'

let server: TestServer
let folder: string
const run = (...words: string[]) => asRoot(server, words)
const admins = () => server.server.store.read((reads) => reads.admins.list())

beforeEach(async () => {
  server = await startTestServer()
  folder = testFolder()
})

/** Makes an administrator as root does, and gives the path of the bundle. */
async function create(name: string, ...words: string[]): Promise<string> {
  const out = join(folder, `${name}.json`)
  const url = `https://${server.admin}`
  const { code, stderr } = await run('admin', 'create', name, '--url', url, '--out', out, ...words)
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return out
}

describe('admin create', () => {
  test('writes a bundle that only its owner reads, and that lets them in', async () => {
    const file = await create('anna', '--role', 'admin', '--via', 'ops@hub1.example.org:2222')
    expect(lstatSync(file).mode & 0o777).toBe(0o600)
    const bundle = JSON.parse(readFileSync(file, 'utf8'))
    expect(bundle).toMatchObject({
      ...{ centre: 'example', name: 'anna', via: 'ops@hub1.example.org:2222' },
      urls: [`https://${server.admin}`],
      pins: [server.server.keys.pin],
    })
    const { code, stdout, stderr } = await withBundle(file, ['admin', 'list'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^NAME +ROLE +SITE +STATE +CREATED +BY\nanna +admin +all +open +2\S+Z +root@\S+\n$/,
    )
  })

  test('names the file alone on standard output, and warns of what is this host alone', async () => {
    const out = join(folder, 'x')
    const words = ['admin', 'create', 'otto', '--role', 'viewer', '--out', out]
    const { code, stdout, stderr } = await run(...words, '--url', 'https://127.0.0.1:8444')
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${out}\n` })
    expect(stderr).toContain('"https://127.0.0.1:8444" is this host alone; --url says what others')
    expect(stderr).toContain('wrote the bundle of "otto", good until 2')
    expect(stdout + stderr).not.toContain('PRIVATE')
  })

  test('without --url takes the names of the profile, and from a workstation its own', async () => {
    const out = join(folder, 'x')
    const made = await run('admin', 'create', 'otto', '--role', 'viewer', '--out', out)
    expect(JSON.parse(readFileSync(out, 'utf8')).urls).toEqual(['https://127.0.0.1:8444'])
    expect(made.stderr).toContain('the admin listener is at "127.0.0.1:8444", which no other host')
    const anna = await create('anna', '--role', 'admin')
    const other = join(folder, 'y')
    const words = ['admin', 'create', 'olga', '--role', 'viewer', '--out', other, '--json']
    const { stdout, stderr } = await withBundle(anna, words)
    const urls = [`https://${server.admin}`]
    expect(JSON.parse(stdout)).toMatchObject({ file: other, urls })
    expect(stderr).not.toContain('this host alone')
    expect(JSON.parse(readFileSync(other, 'utf8')).urls).toEqual(urls)
  })

  test('never overwrites, and asks for nothing before there is a place', async () => {
    const taken = join(folder, 'taken')
    writeFileSync(taken, 'mine')
    const dangling = join(folder, 'dangling')
    symlinkSync('/nowhere/at/all', dangling)
    for (const out of [taken, dangling, join(folder, 'no/folder'), folder]) {
      const words = ['--role', 'viewer', '--url', 'https://hub1:1', '--out', out]
      const ended = await run('admin', 'create', 'otto', ...words)
      expect(ended).toMatchObject({ code: 71, stdout: '' })
      expect(ended.stderr).toContain(`"${out}" `)
    }
    expect(readFileSync(taken, 'utf8')).toBe('mine')
    expect(await admins()).toEqual([])
  })

  const faults: [string[], number, string][] = [
    [['otto'], 64, '--role is missing'],
    [['Otto', '--role', 'viewer'], 64, 'name "Otto" is not a name in lower case'],
    [['../otto', '--role', 'viewer'], 64, 'name "../otto" is not a name in lower case'],
    [['otto', '--role', 'viewer', '--site', 'hpc'], 64, 'no site "hpc"'],
    [['otto', '--role', 'viewer', '--url', 'http://x'], 64, '"http://x/" is not of the form'],
    [['otto', '--role', 'viewer', '--url', 'https://u:secret@x'], 64, 'is not of the form'],
  ]
  test.each(faults)('%j is refused, and leaves no file', async (words, code, message) => {
    const out = join(folder, 'x')
    const ended = await run('admin', 'create', ...words, '--out', out)
    expect(ended).toMatchObject({ code, stdout: '' })
    expect(ended.stderr).toContain(message)
    expect(ended.stderr).not.toContain('secret')
    expect(existsSync(out)).toBe(false)
    expect(await admins()).toEqual([])
  })

  test('a name that is taken leaves no file', async () => {
    await create('anna', '--role', 'admin')
    const out = join(folder, 'again')
    const url = ['--url', 'https://hub1:1']
    const ended = await run('admin', 'create', 'anna', '--role', 'viewer', '--out', out, ...url)
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toContain('there is an administrator "anna"')
    expect(existsSync(out)).toBe(false)
  })
})

test('a certificate that is not for the key made here is not kept', async () => {
  const csr = createCsr(await createKey()).toString('base64')
  server = await startTestServer({
    handlers: {
      ...handlers,
      adminCreate: (call, at) =>
        personHandlers.adminCreate({ ...call, body: { ...call.body, csr } }, at),
    },
  })
  const out = join(folder, 'x')
  const words = ['admin', 'create', 'otto', '--role', 'viewer', '--out', out]
  const ended = await run(...words, '--url', 'https://hub1:1')
  expect(ended).toMatchObject({ code: 77, stdout: '' })
  expect(existsSync(out)).toBe(false)
})

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['[::1]', true],
  ['localhost', true],
  ['[::]', false],
  ['192.0.2.127', false],
  ['hub1.example.org', false],
])('%s is this host alone: %s', (host, alone) => {
  expect(isLoopback(host)).toBe(alone)
})

describe('who comes with a bundle', () => {
  test('may what their role is, and no more', async () => {
    const viewer = await create('vera', '--role', 'viewer')
    const ended = await withBundle(viewer, ['token', 'create', '--site', 'aruba'])
    expect(ended).toMatchObject({ code: 77, stdout: '' })
    expect(ended.stderr).toContain('ask an administrator of a higher rank')
    expect(await withBundle(viewer, ['node', 'list'])).toMatchObject({ code: 0 })
    const operator = await create('otto', '--role', 'operator', '--site', 'aruba')
    const made = await withBundle(operator, ['token', 'create', '--site', 'aruba'])
    expect(made.stdout).toMatch(/^dft/)
    expect((await run('token', 'list')).stdout).toMatch(/ otto\n/)
  })

  test('is nobody any more once revoked', async () => {
    const anna = await create('anna', '--role', 'admin')
    const revoked = await run('admin', 'revoke', 'anna')
    expect(revoked).toEqual({ code: 0, stdout: 'anna\n', stderr: 'dynfarm: revoked "anna"\n' })
    const ended = await withBundle(anna, ['admin', 'list'])
    expect(ended).toMatchObject({ code: 77, stdout: '' })
    expect(ended.stderr).toMatch(/revoked.*\n {2}ask an administrator of the centre\n$/)
    expect((await run('admin', 'list')).stdout).toMatch(/^anna +admin +all +revoked 2\S+Z /m)
    const again = await run('admin', 'revoke', 'anna')
    expect(again.stderr).toContain('no administrator "anna"')
    expect(again.code).toBe(64)
  })
})
