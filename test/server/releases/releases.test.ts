import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdDecompressSync } from 'node:zlib'
import { beforeEach, describe, expect, test } from 'vitest'
import { signManifest } from '../../../src/pki/manifest.ts'
import type { Manifest } from '../../../src/pki/manifest-facts.ts'
import { createReleaseKey } from '../../../src/pki/release-key.ts'
import { signRotation } from '../../../src/pki/rotation.ts'
import { signStatement } from '../../../src/pki/statement.ts'
import { listActs } from '../acts.ts'
import { type Asker, hubOf, nodeOf, personOf, rootOf } from '../ask.ts'
import { startTestServer, type TestServer } from '../test-server.ts'

const day = 24 * 3600 * 1000
const now = new Date(Math.floor(Date.now() / 1000) * 1000)
const fromNow = (ms: number) => new Date(now.getTime() + ms)
const params = { version: '1.2.3', platform: 'linux-x64' }
/** Half of it compresses well. */
const executable = Buffer.concat([randomBytes(150_000), Buffer.alloc(150_000, 'dynfarm ')])
const hash = createHash('sha256').update(executable).digest('hex')

let server: TestServer
let root: Asker
beforeEach(async () => {
  server = await startTestServer({ now: () => now.getTime() })
  root = rootOf(server)
})

function manifest(over: Partial<Manifest> = {}): Manifest {
  const facts = { centre: 'example', ...params, hash, size: executable.length }
  const times = { issued: now, expiry: fromNow(90 * day) }
  return { ...facts, ...times, minimum: '0.1.0', downgrade: false, ...over }
}

const sign = (over?: Partial<Manifest>, key = server.keys.releaseKey.private) =>
  signManifest(manifest(over), key)
const announce = (statement = sign(), asker = root) => asker('releaseAdd', { body: { statement } })
const upload = (bytes: Buffer | Readable = executable, asker = root) =>
  asker('releaseUpload', { params, bytes })
const folder = () => join(server.stateDir, 'server', 'releases')
const audit = () => listActs(server.server.store)
const known = () => server.server.store.read((reads) => reads.releases.list())

describe('announcing a release', () => {
  test('is once, and the same again and again', async () => {
    const statement = sign()
    const { status, answer } = await announce(statement)
    const shown = { ...params, hash, size: executable.length, created: now.getTime() }
    const expiry = fromNow(90 * day).getTime()
    expect([status, answer]).toEqual([201, { ...shown, stored: false, expiry }])
    expect((await announce(statement)).answer).toEqual(answer)
    expect((await root('releaseList')).answer).toEqual({ releases: [answer] })
    expect(await audit()).toMatchObject([{ action: 'release-add', subject: '1.2.3/linux-x64' }])
    const node = await nodeOf(server, 1)
    expect((await node('releaseStatement', { params })).answer).toEqual(statement)
  })

  test('takes a later manifest of the same executable, and not an earlier one', async () => {
    await announce(sign({ issued: fromNow(-day) }))
    const renewed = sign({ expiry: fromNow(180 * day) })
    expect((await announce(renewed)).answer.expiry).toBe(fromNow(180 * day).getTime())
    const older = await announce(sign({ issued: fromNow(-2 * day), expiry: fromNow(9 * day) }))
    expect(older.answer.expiry).toBe(fromNow(180 * day).getTime())
    expect(await known()).toMatchObject([{ manifest: renewed.text, signature: renewed.signature }])
    expect((await audit()).map(({ detail }) => detail['news'])).toEqual(['new', 'renewed'])
  })

  test('of two versions and platforms keeps each', async () => {
    for (const over of [{}, { platform: 'linux-arm64' }, { version: '1.2.4' }])
      expect((await announce(sign(over))).status).toBe(201)
    expect(await known()).toHaveLength(3)
  })

  const refused: [string, () => ReturnType<typeof sign>, string][] = [
    ['of another key', () => sign({}, createReleaseKey().private), 'did not sign'],
    ['changed', () => ({ ...sign(), text: sign().text.replace('1.2.3', '1.2.4') }), 'did not sign'],
    ['of another centre', () => sign({ centre: 'other' }), 'centre "other"'],
    ['that has expired', () => sign({ issued: fromNow(-9), expiry: now }), 'expired'],
    ['from the future', () => sign({ issued: fromNow(2 * day) }), 'more than a day'],
    ['too large', () => sign({ size: 512 * 2 ** 20 + 1 }), 'bytes'],
    [
      'that is a rotation',
      () =>
        signRotation(
          { centre: 'example', successor: createReleaseKey().public, issued: now },
          server.keys.releaseKey,
        ),
      'did not sign',
    ],
    [
      'that is no manifest',
      () => signStatement('release', { centre: 'example' }, server.keys.releaseKey.private),
      'not a manifest',
    ],
  ]
  test.each(refused)('%s is refused', async (_, make, why) => {
    const { problem } = await announce(make())
    expect(problem).toMatchObject({ code: 'release-refused', status: 422, path: '/statement' })
    expect(problem.detail).toContain(why)
    expect([await known(), await audit()]).toEqual([[], []])
  })

  test('of other bytes for what is known is refused', async () => {
    await announce()
    for (const other of [{ hash: 'f'.repeat(64) }, { size: 5 }]) {
      const { problem } = await announce(sign({ ...other, issued: fromNow(1000) }))
      expect(problem.detail).toBe('"1.2.3/linux-x64" is known with another hash')
    }
    expect(await known()).toMatchObject([{ hash, size: executable.length }])
  })

  test('is for the highest rank, of the whole centre', async () => {
    const operator = await personOf(server, { name: 'otto', rank: 'operator' })
    const ofSite = await personOf(server, { name: 'anna', rank: 'admin', site: 'aruba' })
    for (const asker of [operator, ofSite]) {
      expect((await announce(sign(), asker)).problem.code).toBe('not-allowed')
      expect((await upload(executable, asker)).problem.code).toBe('not-allowed')
    }
    expect(await known()).toEqual([])
  })
})

describe('an executable', () => {
  test('is kept whole, with a compressed copy', async () => {
    await announce()
    const { status, answer } = await upload()
    expect([status, answer.stored]).toEqual([200, true])
    const [plain, compressed] = readdirSync(folder()).sort()
    expect(readFileSync(join(folder(), plain ?? ''))).toEqual(executable)
    const copy = readFileSync(join(folder(), compressed ?? ''))
    expect([copy.length < 200_000, zstdDecompressSync(copy)]).toEqual([true, executable])
    expect(statSync(join(folder(), plain ?? '')).mode & 0o777).toBe(0o600)
    expect((await audit()).at(-1)).toMatchObject({
      ...{ action: 'release-upload', subject: '1.2.3/linux-x64', detail: { hash } },
    })
    expect((await upload()).status).toBe(200)
    expect(readdirSync(folder())).toHaveLength(2)
  })

  const wrong: [string, () => Buffer | Readable, string][] = [
    ['too short', () => executable.subarray(1), 'less than'],
    ['empty', () => Buffer.alloc(0), 'less than'],
    ['too long', () => Buffer.concat([executable, Buffer.from('x')]), 'more than'],
    ['far too long, in chunks', () => endless(40), 'more than'],
    ['another one', () => Buffer.from(executable).fill('x', 5, 6), 'another hash'],
  ]
  test.each(wrong)('that is %s leaves nothing', async (_, make, why) => {
    await announce()
    const { problem } = await upload(make())
    expect(problem).toMatchObject({ code: 'release-refused' })
    expect(problem.detail).toContain(why)
    expect(readdirSync(folder())).toEqual([])
    expect((await root('releaseList')).answer.releases).toMatchObject([{ stored: false }])
  })

  test('whose upload breaks off leaves nothing, nor what is there already in ruins', async () => {
    await announce()
    for (const files of [0, 2]) {
      const half = Readable.from([executable.subarray(0, 1000)], { objectMode: false })
      const gone = new AbortController()
      const uploading = root('releaseUpload', {
        ...{
          params,
          signal: gone.signal,
          headers: { 'content-length': String(executable.length) },
        },
        bytes: half,
      })
      await expect
        .poll(() => readdirSync(folder()).filter((name) => name.startsWith('.')))
        .toHaveLength(1)
      gone.abort()
      await expect(uploading).rejects.toThrow()
      await expect.poll(() => readdirSync(folder())).toHaveLength(files)
      if (files === 0) expect((await upload()).status).toBe(200)
    }
    const node = await nodeOf(server, 1)
    expect((await node('releaseFile', { params })).bytes).toEqual(executable)
    expect(server.said.text).not.toContain(' at ')
  })

  test('that cannot be kept leaves nothing', async () => {
    await announce()
    mkdirSync(join(folder(), 'dynfarm-1.2.3-linux-x64.zst'))
    expect((await upload()).problem.code).toBe('server-failed')
    expect(readdirSync(folder())).toEqual(['dynfarm-1.2.3-linux-x64.zst'])
  })

  test('that nobody announced, or that is no bytes, is not taken', async () => {
    expect((await upload()).problem.code).toBe('not-found')
    await announce()
    const asked = await root('releaseUpload', {
      params,
      body: {} as never,
    })
    expect(asked.problem).toMatchObject({ code: 'message-malformed' })
    expect(readdirSync(folder())).toEqual([])
  })

  test('of two uploads at once is one', async () => {
    await announce()
    const done = await Promise.all([upload(), upload(), upload()])
    expect(done.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(readdirSync(folder())).toHaveLength(2)
  })

  test('sweeps up what an earlier server left, but not what goes on', async () => {
    mkdirSync(join(folder(), 'other'))
    for (const name of ['.upload-old', '.upload-new', 'mine']) {
      writeFileSync(join(folder(), name), 'x')
      const age = name === '.upload-new' ? 0 : 3601
      utimesSync(join(folder(), name), Date.now() / 1000, Date.now() / 1000 - age)
    }
    await announce()
    await upload()
    expect(readdirSync(folder()).sort()).toEqual([
      ...['.upload-new', 'dynfarm-1.2.3-linux-x64', 'dynfarm-1.2.3-linux-x64.zst'],
      ...['mine', 'other'],
    ])
  })
})

describe('fetching an executable', () => {
  const etag = `"${hash}"`
  let node: Asker
  beforeEach(async () => {
    await announce()
    await upload()
    node = await nodeOf(server, 1)
  })
  const fetch = (headers: Record<string, string> = {}, asker = node) =>
    asker('releaseFile', { params, headers })

  test('gives the whole of it, by its hash', async () => {
    for (const asker of [node, await hubOf(server, 'hub1')]) {
      const { status, headers, bytes } = await fetch({}, asker)
      expect([status, bytes.equals(executable)]).toEqual([200, true])
      expect(headers).toMatchObject({
        ...{ etag, 'content-length': String(executable.length), 'accept-ranges': 'bytes' },
        ...{ 'content-type': 'application/octet-stream', vary: 'accept-encoding' },
      })
      expect(headers['content-encoding']).toBeUndefined()
    }
  })

  test('compressed is the same, in less', async () => {
    const { headers, bytes } = await fetch({ 'accept-encoding': 'gzip, zstd' })
    expect(headers).toMatchObject({ etag, 'content-encoding': 'zstd' })
    expect(headers['content-length']).toBe(String(bytes.length))
    expect(zstdDecompressSync(bytes)).toEqual(executable)
  })

  test('goes on from where it broke off, if it is still the same one', async () => {
    for (const condition of [{}, { 'if-range': etag }]) {
      const range = { range: 'bytes=1000-', 'accept-encoding': 'zstd', ...condition }
      const { status, headers, bytes } = await fetch(range)
      expect([status, bytes.equals(executable.subarray(1000))]).toEqual([206, true])
      expect(headers).toMatchObject({
        ...{ etag, 'content-length': String(executable.length - 1000) },
        'content-range': `bytes 1000-${executable.length - 1}/${executable.length}`,
      })
    }
    const middle = await fetch({ range: 'bytes=10-19' })
    expect(middle.bytes).toEqual(executable.subarray(10, 20))
    for (const condition of ['"other"', hash, `W/${etag}`]) {
      const { status, bytes } = await fetch({ range: 'bytes=1000-', 'if-range': condition })
      expect([status, bytes.equals(executable)]).toEqual([200, true])
    }
  })

  test('of a part behind its end is refused', async () => {
    const asked = await fetch({ range: `bytes=${executable.length}-` })
    expect(asked.status).toBe(416)
    expect(asked.headers['content-range']).toBe(`bytes */${executable.length}`)
    expect(asked.problem).toMatchObject({ code: 'range-refused' })
  })

  test('that this server does not have, or no longer whole, is for later', async () => {
    await announce(sign({ version: '1.2.4' }))
    const elsewhere = await node('releaseFile', { params: { ...params, version: '1.2.4' } })
    expect(elsewhere.problem).toMatchObject({ code: 'server-busy', status: 503, retryAfter: 60 })
    writeFileSync(join(folder(), 'dynfarm-1.2.3-linux-x64'), 'short')
    expect((await fetch()).problem).toMatchObject({ code: 'server-busy' })
    expect((await root('releaseList')).answer.releases.map(({ stored }) => stored)).toEqual([
      false,
      false,
    ])
  })

  test('that nobody announced finds none', async () => {
    const other = { params: { ...params, platform: 'linux-arm64' } }
    expect((await node('releaseFile', other)).problem.code).toBe('not-found')
    expect((await node('releaseStatement', other)).problem.code).toBe('not-found')
  })

  test('many at once, and many that go away, leave no file open', async () => {
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    const all = await Promise.all(Array.from({ length: 20 }, () => fetch()))
    expect(all.every(({ bytes }) => bytes.equals(executable))).toBe(true)
    for (let times = 0; times < 20; times++) {
      const gone = new AbortController()
      const fetching = node('releaseFile', { params, signal: gone.signal })
      await sleep(times)
      gone.abort()
      await fetching.catch(() => {})
    }
    writeFileSync(join(folder(), 'dynfarm-1.2.3-linux-x64'), 'short')
    for (let times = 0; times < 20; times++) expect((await fetch()).status).toBe(503)
    await expect.poll(open).toBeLessThanOrEqual(before + 2)
  })
})

/** So many MiB, without announcing how many. */
function endless(mebibytes: number): Readable {
  return Readable.from(Array.from({ length: mebibytes }, () => Buffer.alloc(2 ** 20)))
}
