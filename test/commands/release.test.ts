import { createHash, randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { releaseRequest } from '../../src/client/admin/release.ts'
import { renderReleases } from '../../src/client/admin/releases.ts'
import { createKey } from '../../src/pki/csr.ts'
import { readManifest } from '../../src/pki/manifest-facts.ts'
import { createReleaseKey } from '../../src/pki/release-key.ts'
import { isSigned, parseFacts } from '../../src/pki/statement.ts'
import { testFolder } from '../fakes/folder.ts'
import { KeptStream } from '../fakes/stream.ts'
import { asRoot, withBundle } from '../server/command-line.ts'
import { startTestServer, type TestServer } from '../server/test-server.ts'

let server: TestServer
let folder: string
let file: string
const content = randomBytes(10_000_000)
const what = ['--version', '1.2.3', '--platform', 'linux-x64']
const add = (...words: string[]) => asRoot(server, ['release', 'add', file, ...words])
const day = 24 * 3600 * 1000

beforeEach(async () => {
  server = await startTestServer()
  folder = testFolder()
  file = join(folder, 'dynfarm')
  writeFileSync(file, content, { mode: 0o755 })
  writeKey(server.keys.releaseKey.private)
})

function writeKey(text: string): void {
  writeFileSync(join(server.configDir, 'keys/release.key'), text, { mode: 0o600 })
}

async function manifestOf(version: string) {
  const record = await server.server.store.read(({ releases }) =>
    releases.byVersion(version, 'linux-x64'),
  )
  const statement = { text: record?.manifest ?? '', signature: record?.signature ?? '' }
  expect(isSigned('release', statement, server.keys.releaseKey.public)).toBe(true)
  return readManifest(parseFacts(statement.text) ?? {})
}

describe('release add', () => {
  test('signs here, announces, and sends the file', async () => {
    const ended = await add(...what, '--minimum', '1.0.0', '--expiry', '7d', '--downgrade')
    expect(ended).toEqual({
      code: 0,
      stdout: '',
      stderr: 'dynfarm: offered 1.2.3 for linux-x64; the file was sent\n',
    })
    const hash = createHash('sha256').update(content).digest('hex')
    const manifest = await manifestOf('1.2.3')
    expect(manifest).toMatchObject({
      ...{ centre: 'example', version: '1.2.3', platform: 'linux-x64', hash },
      ...{ size: content.length, minimum: '1.0.0', downgrade: true },
    })
    expect(Number(manifest?.expiry) - Number(manifest?.issued)).toBe(7 * day)
    const stored = join(server.stateDir, 'server/releases')
    const name = readdirSync(stored).find((one) => one.endsWith('linux-x64')) ?? ''
    expect(readFileSync(join(stored, name)).equals(content)).toBe(true)
  })

  test('by itself asks for nothing old and lasts 90 days', async () => {
    await add(...what)
    const manifest = await manifestOf('1.2.3')
    expect(manifest).toMatchObject({ minimum: '0.0.0', downgrade: false })
    expect(Number(manifest?.expiry) - Number(manifest?.issued)).toBe(90 * day)
  })

  test('once more sends nothing', async () => {
    await add(...what)
    const again = await add(...what, '--json')
    expect(again.stderr).toContain('the server had the file')
    expect(JSON.parse(again.stdout)).toMatchObject({ version: '1.2.3', stored: true })
  })

  test('shows how far it is, on a terminal alone', async () => {
    const stderr = new KeptStream({ isTTY: true })
    const ended = await asRoot(server, ['release', 'add', file, ...what], { stderr })
    expect(ended.code).toBe(0)
    expect(stderr.text).toContain('\rsending: 100 %\u001b[K\r\u001b[K')
    const steps = stderr.text.match(/sending: \d+ %/g) ?? []
    expect(steps).toHaveLength(new Set(steps).size)
    expect((await add('--version', '1.2.4', '--platform', 'linux-x64')).stderr).not.toContain('\r')
  })

  test('goes by a bundle too, with a key from elsewhere', async () => {
    const bundle = join(folder, 'anna')
    const url = `https://${server.admin}`
    const words = ['admin', 'create', 'anna', '--role', 'admin', '--out', bundle, '--url', url]
    expect(await asRoot(server, words)).toMatchObject({ code: 0 })
    const key = join(server.configDir, 'keys/release.key')
    const added = await withBundle(bundle, ['release', 'add', file, ...what, '--key', key])
    expect(added).toMatchObject({ code: 0 })
    expect((await manifestOf('1.2.3'))?.centre).toBe('example')
  })

  const faults: [string[], string][] = [
    [[], '--version is missing\n  the file is not run to find out what it is'],
    [['--version', '1.2.3'], '--platform is missing'],
    [['--version', '1.2', '--platform', 'linux-x64'], '--version "1.2" is not a version'],
    [['--version', '1.2.3', '--platform', 'Linux'], '--platform "Linux" is not a platform'],
    [[...what, '--minimum', 'old'], '--minimum "old" is not a version'],
    [[...what, '--expiry', 'never'], '--expiry "never" is not a duration'],
    [[...what, '--expiry', '200000y'], '--expiry "200000y" is more than ten years'],
  ]
  test.each(faults)('%j is wrong', async (words, message) => {
    const ended = await add(...words)
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toContain(message)
  })

  test('a key that is none, open, missing or of another centre signs nothing', async () => {
    const path = join(server.configDir, 'keys/release.key')
    const refused = async (message: string, ...words: string[]) => {
      const ended = await add(...what, ...words)
      expect(ended).toMatchObject({ code: 77, stdout: '' })
      expect(ended.stderr).toContain(message)
      expect(ended.stderr).not.toContain('PRIVATE')
    }
    await refused(`"${folder}/no" is not there`, '--key', join(folder, 'no'))
    writeKey(await createKey())
    await refused(`"${path}" is not a release key`)
    writeKey('PRIVATE')
    await refused(`"${path}" is not a release key`)
    writeKey(createReleaseKey().private)
    await refused('the release key of this centre did not sign it')
    chmodSync(path, 0o640)
    await refused(`"${path}" can be read by others`)
    expect(await server.server.store.read(({ releases }) => releases.list())).toEqual([])
  })

  test('a file that is none is told', async () => {
    const empty = join(folder, 'empty')
    writeFileSync(empty, '')
    mkdirSync(join(folder, 'folder'))
    for (const [name, why] of [
      ['no', 'cannot be read: no such file or directory'],
      ['folder', 'is not a regular file'],
      ['empty', 'is empty'],
    ]) {
      const words = ['release', 'add', join(folder, name ?? ''), ...what]
      const ended = await asRoot(server, words)
      expect(ended).toMatchObject({ code: 71, stdout: '' })
      expect(ended.stderr).toContain(`"${folder}/${name}" ${why}`)
    }
  })

  test('another file does not get the version of one that is known', async () => {
    await add(...what)
    writeFileSync(file, 'other')
    const ended = await add(...what)
    expect(ended).toMatchObject({ code: 77, stdout: '' })
    expect(ended.stderr).toContain('"1.2.3/linux-x64" is known with another hash')
  })
})

test('release list has what is offered, and what has yet to be sent', async () => {
  await add(...what)
  const { code, stdout } = await asRoot(server, ['release', 'list'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^VERSION +PLATFORM +STATE +ADDED +EXPIRES +SIZE +HASH\n/)
  expect(stdout).toMatch(/^1\.2\.3 +linux-x64 +offered +2\S+Z +2\S+Z +9\.5 MiB +[0-9a-f]{64}$/m)
  const listed = JSON.parse((await asRoot(server, ['release', 'list', '--json'])).stdout)
  expect(listed.releases).toMatchObject([{ version: '1.2.3', stored: true }])
})

test('release list says which are over, and which have no file', () => {
  const release = { version: '1.0.0', platform: 'linux-x64', hash: 'a', size: 1, stored: false }
  const states = [9, 11].map((expiry) =>
    renderReleases([{ ...release, created: 1, expiry }], 10).includes('expired'),
  )
  expect(states).toEqual([true, false])
  expect(renderReleases([{ ...release, created: 1 }], 10)).toMatch(/ no file /)
})

test('the executable that runs this says itself what it is', () => {
  const surroundings = {
    configDir: '/etc/dynfarm',
    build: { version: '3.2.1', platform: 'linux-arm64' },
    executable: '/usr/bin/dynfarm',
  }
  const none = { key: undefined, version: undefined, platform: undefined }
  const options = { ...none, minimum: undefined, expiry: undefined, downgrade: false }
  const own = { ...options, file: '/usr/bin/../bin/dynfarm' }
  expect(releaseRequest(own, surroundings)).toMatchObject({
    ...{ version: '3.2.1', platform: 'linux-arm64', key: '/etc/dynfarm/keys/release.key' },
  })
  expect(releaseRequest({ ...own, version: '3.2.2' }, surroundings).version).toBe('3.2.2')
  expect(() => releaseRequest({ ...options, file: 'other' }, surroundings)).toThrow('is missing')
})
