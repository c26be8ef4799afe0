import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { fetchEc2Proof } from '../../../src/client/join/metadata.ts'

const document = `{\n  "instanceId" : "i-0abc",\n  "accountId" : "123456789012"\n}`
const signature = 'dGVz\ndA=='
const ends: (() => unknown)[] = []

afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

interface Asked {
  method: string
  path: string
  headers: IncomingMessage['headers']
}

/** A stand-in on the loopback: EC2's own answers, but for what a test says of a path. */
async function standIn(over: Record<string, (response: ServerResponse) => void> = {}) {
  const asked: Asked[] = []
  const server = createServer(({ method = '', url: path = '', headers }, response) => {
    asked.push({ method, path, headers })
    const last = path.split('/').at(-1) ?? ''
    const own: Record<string, string> = { token: 'session', document, signature }
    const isLet = last === 'token' || headers['x-aws-ec2-metadata-token'] === 'session'
    const answer = over[last]
    if (answer !== undefined) answer(response)
    else response.writeHead(isLet ? 200 : 401).end(own[last])
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { at: { host: '127.0.0.1', port }, asked }
}

describe("the cloud's word for this machine", () => {
  test('is fetched byte for byte, by a session', async () => {
    const { at, asked } = await standIn()
    expect(await fetchEc2Proof({ at })).toEqual({
      instanceId: 'i-0abc',
      proof: { kind: 'ec2', document, signature },
    })
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /latest/api/token',
      'GET /latest/dynamic/instance-identity/document',
      'GET /latest/dynamic/instance-identity/signature',
    ])
    expect(asked[0]?.headers).toMatchObject({ 'x-aws-ec2-metadata-token-ttl-seconds': '60' })
    // EC2 gives no session to who was asked for it by somebody else.
    for (const { headers } of asked) expect(headers).not.toHaveProperty('x-forwarded-for')
  })

  test.each([
    ['token', 403, 'metadata-refused'],
    ['token', 404, 'metadata-refused'],
    ['document', 401, 'metadata-refused'],
    ['signature', 404, 'metadata-refused'],
    ['document', 302, 'metadata-refused'],
    ['token', 503, 'metadata-silent'],
    ['document', 429, 'metadata-silent'],
  ])('is not had where "%s" is answered with %d', async (last, status, code) => {
    const { at } = await standIn({
      [last]: (response) => response.writeHead(status, { location: '/' }).end('x'.repeat(9000)),
    })
    const message = expect.stringMatching(new RegExp(`answers ${status} to "/latest/.*/${last}"`))
    await expect(fetchEc2Proof({ at })).rejects.toMatchObject({ code, message })
  })

  test.each([
    ['document', 'not JSON', '<html>not found</html>'],
    ['document', 'of an instance with an odd name', '{"instanceId":"i 1\\n"}'],
    ['document', 'of no instance', '{"accountId":"123456789012"}'],
    ['document', 'too long', JSON.stringify({ instanceId: 'i-1', more: 'x'.repeat(5000) })],
    ['signature', 'not base64', 'not base64!'],
    ['signature', 'empty', ''],
  ])('is refused when the "%s" is %s', async (last, _, text) => {
    const { at } = await standIn({ [last]: (response) => response.end(text) })
    await expect(fetchEc2Proof({ at })).rejects.toMatchObject({
      code: 'metadata-refused',
      message: expect.stringContaining(`/${last}" is on EC2`),
    })
  })

  test('is not waited for without end: neither for an answer, nor for the rest of one', async () => {
    const silent = await standIn({ token: () => {} })
    const halting = await standIn({ document: (response) => void response.write('{"inst') })
    const broken = await standIn({ token: (response) => response.destroy() })
    const codes = [silent, halting, broken].map(async ({ at }) => {
      const error = await fetchEc2Proof({ at }).catch((thrown) => thrown)
      return [error.code, error.message.replace(/.*asked: /, '')]
    })
    expect(await Promise.all(codes)).toEqual([
      ['metadata-silent', 'no answer within 2 s'],
      ['metadata-silent', 'no answer within 2 s'],
      ['metadata-silent', 'the connection broke off'],
    ])
  })

  test('is not where nobody listens, nor where what answers is not HTTP', async () => {
    const { at } = await standIn()
    for (const end of ends.splice(0)) await end()
    await expect(fetchEc2Proof({ at })).rejects.toMatchObject({
      code: 'metadata-silent',
      message: 'the metadata service at 127.0.0.1 cannot be asked: refused',
    })
    const other = await standIn({ token: (response) => response.socket?.end('SSH-2.0-x\r\n') })
    await expect(fetchEc2Proof({ at: other.at })).rejects.toMatchObject({
      code: 'metadata-silent',
      message: expect.stringContaining('what it answers is not HTTP'),
    })
  })

  test('ends when the join is interrupted', async () => {
    const { at } = await standIn({ token: () => {} })
    const why = new Error('interrupted')
    await expect(fetchEc2Proof({ at, signal: AbortSignal.abort(why) })).rejects.toBe(why)
  })
})
