import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type Download, downloadRelease } from '../../src/client/download.ts'
import { openClient } from '../../src/client/requests.ts'
import { signManifest } from '../../src/pki/manifest.ts'
import type { Manifest } from '../../src/pki/manifest-facts.ts'
import { createReleaseKey } from '../../src/pki/release-key.ts'
import { day } from '../pki/people.ts'
import { now, people, pin, sendJson, sendProblem, startTls } from './requests/servers.ts'

const key = createReleaseKey()
/** Half of it cannot be made smaller. */
const file = Buffer.concat([randomBytes(300_000), Buffer.alloc(300_000, 'x')])
const manifest: Manifest = {
  ...{ centre: 'example', version: '0.2.0', platform: 'linux-x64' },
  ...{ hash: sha256(file), size: file.length },
  ...{ issued: new Date(now.getTime() - day), expiry: new Date(now.getTime() + day) },
  ...{ minimum: '0.1.0', downgrade: false },
}
const expected: Download['expected'] = {
  ...{ key: key.public, centre: 'example', platform: 'linux-x64' },
  ...{ version: '0.2.0', running: '0.1.0', now },
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('a manifest', () => {
  const changes: [string, Partial<Manifest>, Partial<Download['expected']>][] = [
    ['another centre', { centre: 'other' }, {}],
    ['another centre, platform or version', { platform: 'linux-arm64' }, {}],
    ['another centre, platform or version', { version: '0.1.9' }, {}],
    ['was signed in the future', { issued: new Date(now.getTime() + 2 * day) }, {}],
    ['older than one that was accepted', {}, { newest: now }],
    ['its manifest is out of date', { expiry: new Date(now.getTime() - 1000) }, {}],
    ['hears no news', { expiry: new Date(now.getTime() - 1000) }, { running: '0.2.0' }],
    ['older than the version that runs', {}, { running: '0.3.0' }],
    ['too old to go to it', { minimum: '0.1.5' }, {}],
    ['release key', {}, { key: createReleaseKey().public }],
  ]
  it.each(changes)('is refused, and the file not asked for: %s', async (words, change, other) => {
    const { client, server, sink } = await start({ manifest: { ...manifest, ...change } })
    const download = downloadRelease(client, { expected: { ...expected, ...other }, into: sink })
    await expect(download).rejects.toMatchObject({
      code: 'release-refused',
      exit: 77,
      message: expect.stringMatching(words),
      details: { version: '0.2.0', platform: 'linux-x64', refused: expect.any(String) },
    })
    expect(server.requests).toEqual(['GET /v1/releases/0.2.0/linux-x64/manifest'])
  })

  it('is not asked for when it was offered', async () => {
    const { client, server, sink } = await start({})
    const statement = signManifest(manifest, key.private)
    expect(await downloadRelease(client, { expected, statement, into: sink })).toEqual({
      ...manifest,
      issued: new Date(Math.floor(manifest.issued.getTime() / 1000) * 1000),
      expiry: new Date(Math.floor(manifest.expiry.getTime() / 1000) * 1000),
    })
    expect(server.requests).toEqual(['GET /v1/releases/0.2.0/linux-x64'])
    expect(sink.content().equals(file)).toBe(true)
  })
})

describe('the file', () => {
  const compressed = zstdCompressSync(file)
  const whole: RequestListener = (_, response) => response.end(file)
  const packed: RequestListener = (_, response) =>
    response.setHeader('content-encoding', 'zstd').end(compressed)

  it.each([
    ['as it is', whole],
    ['packed', packed],
  ])('is taken %s', async (_, answer) => {
    const { client, sink } = await start({ answer })
    await downloadRelease(client, { expected, into: sink })
    expect(sink.content().equals(file)).toBe(true)
  })

  it('replaces what was in the sink', async () => {
    const { client, sink } = await start({ answer: packed })
    await sink.append(Buffer.from('left by another'))
    await downloadRelease(client, { expected, into: sink })
    expect(sink.content().equals(file)).toBe(true)
  })

  it.each([
    ['packed', compressed, 'zstd'],
    ['as it is', file, 'identity'],
  ])('is gone on with where it broke off, begun %s', async (_, bytes, encoding) => {
    const asked: unknown[] = []
    const answer: RequestListener = (request, response) => {
      const { range, 'if-range': ifRange, 'accept-encoding': accepted } = request.headers
      asked.push([accepted, ifRange])
      if (range !== undefined)
        return sendPart(request, response, asked.length < 4 ? 1000 : undefined)
      breakAfter(response.setHeader('content-encoding', encoding), bytes.subarray(0, 250_000))
    }
    const { client, server, sink } = await start({ answer })
    await downloadRelease(client, { expected, into: sink })
    expect(sink.content().equals(file)).toBe(true)
    const resumed = ['identity', `"${sha256(file)}"`]
    expect(asked).toEqual([['zstd', undefined], resumed, resumed, resumed])
    expect(sink.truncated()).toBe(1)
    expect(server.requests).toHaveLength(5)
  })

  it('is not asked for again when it broke off behind its last byte', async () => {
    const { client, server, sink } = await start({ answer: (_, r) => breakAfter(r, file) })
    await downloadRelease(client, { expected, into: sink })
    expect(sink.content().equals(file)).toBe(true)
    expect(server.requests).toHaveLength(2)
  })

  it('is begun anew where the server has another one now', async () => {
    let count = 0
    const answer: RequestListener = (_, response) => {
      if (count++ === 0) breakAfter(response, randomBytes(1000))
      else response.end(file)
    }
    const { client, sink } = await start({ answer })
    await downloadRelease(client, { expected, into: sink })
    expect(sink.content().equals(file)).toBe(true)
    expect(sink.truncated()).toBe(2)
  })

  it('is asked for again when the server is busy, and no more than five times', async () => {
    let busy = 2
    const sendBusy = (response: ServerResponse) =>
      sendProblem(response, 503, { code: 'server-busy', detail: 'stopping' })
    const passing = await start({
      answer: (_, response) => (busy-- > 0 ? sendBusy(response) : response.end(file)),
    })
    await downloadRelease(passing.client, { expected, into: passing.sink })
    expect(passing.sink.content().equals(file)).toBe(true)

    const broken = await start({ answer: (_, response) => breakAfter(response, Buffer.from('x')) })
    const download = downloadRelease(broken.client, { expected, into: broken.sink })
    await expect(download).rejects.toMatchObject({
      code: 'server-unreachable',
      message: 'the answer ended half-way: the connection broke off',
    })
    expect(broken.server.requests).toHaveLength(6)
    expect(broken.sink.content()).toHaveLength(0)
  })

  const other = Buffer.from(file)
  other.writeUInt8(file.readUInt8(9) ^ 1, 9)
  const longer = Buffer.concat([file, Buffer.from('x')])
  const bad: [string, string, string, RequestListener][] = [
    ['another one', 'release-refused', 'not the one', (_, r) => r.end(other)],
    ['too short', 'release-refused', 'shorter', (_, r) => r.end(file.subarray(1))],
    ['too long', 'release-refused', 'longer', (_, r) => r.end(longer)],
    [
      'packed and too long',
      'release-refused',
      'longer',
      (_, r) => zstd(r).end(zstdCompressSync(longer)),
    ],
    [
      'a bomb',
      'release-refused',
      'longer',
      (_, r) => zstd(r).end(zstdCompressSync(Buffer.alloc(64 << 20))),
    ],
    ['packed nothing without end', 'release-refused', 'longer', (_, r) => pourNothing(zstd(r))],
    ['not what it says', 'release-refused', 'unpacked', (_, r) => zstd(r).end('not zstd')],
    [
      'half of a packed one',
      'release-refused',
      'unpacked',
      (_, r) => zstd(r).end(compressed.subarray(0, 1000)),
    ],
    [
      'packed by others',
      'message-malformed',
      'nobody asked',
      (_, r) => r.setHeader('content-encoding', 'gzip').end(file),
    ],
    [
      'a part',
      'message-malformed',
      'not the part',
      (_, r) => r.writeHead(206, { 'content-range': `bytes 0-9/${file.length}` }).end(file),
    ],
    [
      'a part that is the whole',
      'message-malformed',
      'not the part',
      (_, r) => r.writeHead(206, { 'content-range': contentRange(0) }).end(file),
    ],
    [
      'a page',
      'message-malformed',
      'redirect',
      (_, r) => r.writeHead(302, { location: '/' }).end(),
    ],
  ]
  it.each(bad)('is refused that is %s, and not left', async (_, code, words, answer) => {
    const { client, sink } = await start({ answer })
    await expect(downloadRelease(client, { expected, into: sink })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words),
    })
    expect(sink.content()).toHaveLength(0)
  })

  it.each([
    ['another place', `bytes 999-${file.length - 1}/${file.length}`, {}],
    ['another end', `bytes 1000-1999/${file.length}`, {}],
    ['another length', `bytes 1000-${file.length}/${file.length + 1}`, {}],
    [
      'a packed part',
      `bytes 1000-${file.length - 1}/${file.length}`,
      { 'content-encoding': 'zstd' },
    ],
  ])('is not gone on with at %s', async (_, range, headers) => {
    const answer: RequestListener = (request, response) => {
      if (request.headers.range === undefined) return breakAfter(response, file.subarray(0, 1000))
      response.writeHead(206, { 'content-range': range, ...headers }).end(file.subarray(1000))
    }
    const { client, sink } = await start({ answer })
    await expect(downloadRelease(client, { expected, into: sink })).rejects.toMatchObject({
      code: 'message-malformed',
    })
  })

  it('ends at once when nobody wants it any more', async () => {
    const controller = new AbortController()
    const { client, sink } = await start({
      answer: (_, response) => {
        response.write(file.subarray(0, 10))
        setTimeout(() => controller.abort(), 20)
      },
    })
    const { signal } = controller
    await expect(downloadRelease(client, { expected, into: sink, signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    expect(sink.content()).toHaveLength(0)
  })

  it('ends at once between two tries too', async () => {
    const controller = new AbortController()
    const answer: RequestListener = (_, response) => {
      response.on('close', () => setTimeout(() => controller.abort(), 20))
      breakAfter(response, Buffer.from('x'))
    }
    const { client, sink } = await start({ answer })
    const { signal } = controller
    await expect(downloadRelease(client, { expected, into: sink, signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
  })

  it('is not asked for again when it cannot be kept', async () => {
    const { client, server, sink } = await start({ answer: whole })
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    const into = { ...sink, append: () => Promise.reject(full) }
    await expect(downloadRelease(client, { expected, into })).rejects.toBe(full)
    expect(server.requests).toHaveLength(2)
  })
})

interface Served {
  manifest?: Manifest
  answer?: RequestListener
}

async function start({ manifest: signed = manifest, answer = (_, r) => r.end(file) }: Served) {
  const server = await startTls({
    answer: (request, response) => {
      if (request.url?.endsWith('/manifest')) sendJson(response, signManifest(signed, key.private))
      else answer(request, response)
    },
  })
  const client = openClient({ urls: [server.url], pins: [pin], credential: people.node })
  ends.push(server.close, client.close)
  return { client, server, sink: startSink() }
}

function startSink() {
  let content = Buffer.alloc(0)
  let truncated = 0
  return {
    append: async (chunk: Uint8Array) => {
      content = Buffer.concat([content, chunk])
    },
    truncate: async () => {
      content = Buffer.alloc(0)
      truncated++
    },
    content: () => content,
    truncated: () => truncated,
  }
}

/** What is missing, or so many bytes of it and no more. */
function sendPart({ headers }: IncomingMessage, response: ServerResponse, bytes?: number): void {
  const at = Number(/^bytes=([0-9]+)-$/.exec(headers.range ?? '')?.[1])
  response.writeHead(206, { 'content-range': contentRange(at) })
  if (bytes === undefined) response.end(file.subarray(at))
  else breakAfter(response, file.subarray(at, at + bytes))
}

function contentRange(at: number): string {
  return `bytes ${at}-${file.length - 1}/${file.length}`
}

function breakAfter(response: ServerResponse, bytes: Buffer): void {
  response.write(bytes, () => setTimeout(() => response.destroy(), 50))
}

function zstd(response: ServerResponse): ServerResponse {
  return response.setHeader('content-encoding', 'zstd')
}

/** A frame of blocks that hold nothing. */
function pourNothing(response: ServerResponse): void {
  const blocks = Buffer.alloc(60_000)
  response.write(Buffer.from('28b52ffd0058', 'hex'))
  let left = 100
  const more = (): void => {
    if (!response.destroyed && left-- > 0) response.write(blocks, more)
  }
  more()
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
