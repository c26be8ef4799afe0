import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Profile } from '../../../src/profile/types.ts'
import { writeToSyslog } from '../../../src/server/admin/syslog.ts'
import { followToSyslog } from '../../../src/server/admin/syslog-follow.ts'
import { renderSyslogLine } from '../../../src/server/admin/syslog-line.ts'
import { sendNext, type WriteLines } from '../../../src/server/admin/syslog-send.ts'
import { testFolder } from '../../fakes/folder.ts'
import { hostileTexts, powerful } from '../../fakes/hostile.ts'
import { startSyslogServer } from '../../fakes/syslog-server.ts'
import { makeEntry } from '../../store/records.ts'
import { startTestServer, type TestServer } from '../test-server.ts'

const record = { ...makeEntry(), sequence: 1, previous: '', hash: 'f'.repeat(64) }

describe('a syslog', () => {
  test('is given lines by the real logger', async () => {
    const socket = join(testFolder(), 'log')
    const syslog = await startSyslogServer(socket)
    const lines = [renderSyslogLine(record), `{"long":"${'x'.repeat(7900)}"}`, 'größer']
    expect(await writeToSyslog(lines, { socket })).toBeUndefined()
    await expect.poll(() => syslog.messages).toHaveLength(3)
    for (const [index, line] of lines.entries()) {
      const [, head, body] = /^(<38>.* dynfarm: )(.*)$/.exec(syslog.messages[index] ?? '') ?? []
      expect([head !== undefined, body]).toEqual([true, line])
    }
  })

  test('that is away is told of', async () => {
    const socket = join(testFolder(), 'none')
    expect(await writeToSyslog(['x'], { socket })).toContain('No such file or directory')
  })
})

describe('a line for syslog', () => {
  test('is one line without power, whatever is in it', () => {
    for (const text of Object.values(hostileTexts)) {
      const said = { actor: text, subject: text, outcome: text, addresses: [text] }
      const line = renderSyslogLine({ ...record, ...said, detail: { text, [text]: [text] } })
      expect(line).not.toMatch(powerful)
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(8000)
      expect(JSON.parse(line)).toMatchObject({ sequence: 1, action: 'join' })
    }
  })

  test('that is too long even so says that it was cut', () => {
    const addresses = Array.from({ length: 64 }, (_, at) => `10.0.0.${at}`)
    const detail = { text: '€'.repeat(5000) }
    const line = renderSyslogLine({ ...record, addresses, subject: '€'.repeat(999), detail })
    expect(Buffer.byteLength(line)).toBeLessThan(8000)
    expect(JSON.parse(line)).toMatchObject({ sequence: 1, detail: { cut: true } })
  })
})

describe('the way there', () => {
  let server: TestServer
  let time: number
  let sent: number[]
  beforeEach(async () => {
    time = Date.now()
    sent = []
    server = await startTestServer({ now: () => time })
  })
  const append = (count = 1) =>
    server.server.store.write(async ({ audit }) => {
      for (let times = 0; times < count; times++) await audit.append(makeEntry())
    })
  const take = async (lines: readonly string[]) => {
    sent.push(...lines.map((line) => Number(JSON.parse(line).sequence)))
    return undefined
  }
  const refuse = async () => 'away'
  const send = (write: WriteLines = take, folder = server.server.folder) =>
    sendNext({ ...server.server, folder }, write)

  test('begins with what comes, and sends each line once', async () => {
    await append(2)
    expect(await send()).toEqual({ outcome: 'done' })
    await append(2)
    expect(await send()).toEqual({ outcome: 'done' })
    await append()
    await send()
    await send()
    expect(sent).toEqual([3, 4, 5])
  })

  test('goes in batches', async () => {
    await send()
    await append(700)
    expect(await send()).toEqual({ outcome: 'more' })
    expect(await send()).toEqual({ outcome: 'done' })
    expect(sent).toEqual(Array.from({ length: 700 }, (_, at) => at + 1))
  })

  test('loses nothing when syslog is away', async () => {
    await send()
    await append(2)
    expect(await send(refuse)).toEqual({ fault: 'away' })
    await append()
    await send(take, '/other')
    expect(sent).toEqual([1, 2, 3])
  })

  test('is gone by one server, until that has been still for a minute', async () => {
    await send()
    await append()
    await send(take, '/other')
    expect(sent).toEqual([])
    await send()
    expect(sent).toEqual([1])
    await append()
    time += 59_999
    await send(take, '/other')
    expect(sent).toEqual([1])
    time += 1
    await send(take, '/other')
    expect(sent).toEqual([1, 2])
    await append()
    await send()
    expect(sent).toEqual([1, 2])
    await send(take, '/other')
    expect(sent).toEqual([1, 2, 3])
  })

  test('is not gone by a server that another has overtaken meanwhile', async () => {
    await send()
    await append(3)
    const { store } = server.server
    let isOvertaken = false
    const read: typeof store.read = async (work) => {
      const found = await store.read(work)
      if (isOvertaken) return found
      isOvertaken = true
      time += 60_000
      await send(take, '/other')
      time += 60_000
      return found
    }
    await sendNext({ ...server.server, store: { ...store, read } }, take)
    expect(sent).toEqual([1, 2, 3])
  })

  test('is not gone twice at the same time', async () => {
    await send()
    time += 60_000
    await append(3)
    await Promise.all(['/a', '/b', '/c'].map((folder) => send(take, folder)))
    expect(sent).toEqual([1, 2, 3])
  })
})

test('the audit is followed over a syslog that was away', async () => {
  const socket = join(testFolder(), 'log')
  const { server, said } = await startTestServer()
  const { store } = server
  const append = () => store.write(({ audit }) => audit.append(makeEntry()))
  await sendNext(server, async () => undefined)
  await append()
  const end = new AbortController()
  let attempts = 0
  const write = (lines: readonly string[]) => {
    attempts += 1
    return writeToSyslog(lines, { socket })
  }
  const wanting = { ...server, profile: () => withSyslog(server.profile()) }
  const following = followToSyslog(wanting, { signal: end.signal, write })
  const patience = { timeout: 20_000 }
  await expect.poll(() => attempts, patience).toBeGreaterThan(1)
  const syslog = await startSyslogServer(socket)
  await append()
  await expect.poll(() => syslog.messages.length, patience).toBe(2)
  await expect.poll(() => said.text, patience).toContain('syslog takes the audit again')
  end.abort()
  await following
  expect(said.text.match(/syslog does not take/g)).toHaveLength(1)
})

function withSyslog({ centre, ...rest }: Profile): Profile {
  const { server } = centre
  const audit = { ...server.audit, syslog: true }
  return { ...rest, centre: { ...centre, server: { ...server, audit } } }
}

const cursorOf = ({ server }: TestServer) =>
  server.store.read(({ cursors }) => cursors.byName('syslog'))

test('a server with syslog on follows from its start', async () => {
  const server = await startTestServer({ server: { audit: { syslog: true } } })
  await expect.poll(() => cursorOf(server)).toMatchObject({ sequence: 0 })
})

test('a server with syslog off asks nothing of it', async () => {
  const server = await startTestServer()
  await server.server.store.write(({ audit }) => audit.append(makeEntry()))
  expect(await cursorOf(server)).toBeUndefined()
})
