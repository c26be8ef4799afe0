import { dirname } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { hostileTexts, powerful } from '../fakes/hostile.ts'
import { KeptStream } from '../fakes/stream.ts'
import { asRoot } from '../server/command-line.ts'
import { startTestServer, type TestServer } from '../server/test-server.ts'
import { makeEntry } from '../store/records.ts'

let server: TestServer
const run = (...words: string[]) => asRoot(server, words)
const append = (...entries: Parameters<typeof makeEntry>) =>
  server.server.store.write(({ audit }) => audit.append(makeEntry(...entries)))

beforeEach(async () => {
  server = await startTestServer()
})

describe('audit', () => {
  test('is one aligned line an entry, the oldest first', async () => {
    const detail = { name: 'aruba-1', site: 'aruba', outer: { port: 7 }, none: null, why: 'a b' }
    await append({ time: Date.UTC(2026, 2, 1), detail, addresses: ['10.200.1.1'] })
    await append({ action: 'tunnel-up', subject: null, source: null, time: 1000 })
    expect(await run('audit')).toEqual({
      code: 0,
      stderr: '',
      stdout:
        '2026-03-01T00:00:00Z  join              ok        aruba-1           server                198.51.100.7  site=aruba  outer={"port":7}  why="a b"\n' +
        '1970-01-01T00:00:01Z  tunnel-up         ok        -                 server                -\n',
    })
  })

  test('as JSON is one line an entry, with times in milliseconds', async () => {
    await append({ time: 5 })
    await append({ time: 6 })
    const { stdout } = await run('audit', '--json')
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines).toMatchObject([
      { sequence: 1, time: 5 },
      { sequence: 2, time: 6 },
    ])
  })

  test('may be of an address, a node, the newest, a time', async () => {
    const held = ['10.200.1.7']
    await append({ subject: 'n7', time: 1000, addresses: held, detail: { name: 'aruba-7' } })
    await append({ subject: 'n8', time: 2000, detail: { name: 'aruba-8' } })
    const subjects = async (...words: string[]) => {
      const { code, stdout } = await run('audit', '--json', ...words)
      expect(code).toBe(0)
      return stdout
        .trimEnd()
        .split('\n')
        .map((line) => line && JSON.parse(line).subject)
    }
    expect(await subjects()).toEqual(['n7', 'n8'])
    expect(await subjects('--address', '10.200.1.7')).toEqual(['n7'])
    expect(await subjects('--node', 'aruba-7')).toEqual(['n7'])
    expect(await subjects('--limit', '1')).toEqual(['n8'])
    expect(await subjects('--address', '10.200.1.7', '--at', '1970-01-01T00:00:03Z')).toEqual([
      'n7',
    ])
    expect(await subjects('--address', '10.200.1.7', '--at', '1970-01-01T00:00:00Z')).toEqual([''])
    expect(await subjects('--address', '10.200.1.7', '--at', '-1h')).toEqual(['n7'])
  })

  const faults: [string[], string][] = [
    [['--at', '10:30'], '"at" goes with "address"'],
    [['--address', 'x'], 'address "x" is not an address'],
    [['--address', '10.0.0.1', '--at', 'noon'], '"noon" is not a time'],
    [['--limit', 'all'], '--limit "all" is not a number'],
    [['--node', 'Aruba'], 'node "Aruba" is not the name of a node'],
    [['--port', '7'], '"port" goes with "address" and "at"'],
    [['--verify', '--follow'], '--verify goes with no other option'],
    [['--verify', '--node', 'aruba-1'], '--verify goes with no other option'],
    [['--follow', '--at', '10:30'], '--follow and --at do not go together'],
  ]
  test.each(faults)('%j is wrong', async (words, message) => {
    const ended = await run('audit', ...words)
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toContain(message)
  })

  test.each(Object.entries(hostileTexts))('shows "%s" without its power', async (_, text) => {
    const detail = { name: text, [text.slice(0, 50) || 'x']: [text, { deep: text }] }
    await append({ actor: text, action: text, subject: text, outcome: text, detail })
    for (const words of [[], ['--json']]) {
      const { code, stdout } = await run('audit', ...words)
      expect(code).toBe(0)
      expect(stdout.split('\n')).toHaveLength(2)
      expect(stdout.replace(/\n$/, '')).not.toMatch(powerful)
    }
  })
})

describe('audit --verify', () => {
  test('says that all is whole, with a hash worth keeping', async () => {
    await append({ time: 5 })
    const { code, stdout, stderr } = await run('audit', '--verify')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^1 [0-9a-f]{64}\n$/)
    expect(stderr).toBe('dynfarm: all entries up to 1 are whole\n')
  })

  test('ends with 71 when an entry is not as it was written', async () => {
    const broken = async () => ({ outcome: 'broken', sequence: 3, hash: 'a'.repeat(64) }) as const
    const { handlers } = await import('../../src/server/handlers.ts')
    server = await startTestServer({ handlers: { ...handlers, auditCheck: broken } })
    const { code, stdout, stderr } = await run('audit', '--verify')
    expect({ code, stdout }).toEqual({ code: 71, stdout: `3 ${'a'.repeat(64)}\n` })
    expect(stderr).toBe('dynfarm: the entries after 3 are not as written\n')
  })
})

describe('audit --follow', () => {
  function follow(...words: string[]) {
    const [stdout, stderr] = [new KeptStream(), new KeptStream()]
    let interrupt = () => {}
    const onInterrupt = (listener: (signal: NodeJS.Signals) => void) => {
      interrupt = () => listener('SIGINT')
    }
    const ended = asRoot(server, ['audit', '--follow', ...words], { stdout, stderr, onInterrupt })
    const shows = (text: string) => expect.poll(() => stdout.text).toContain(text)
    const says = (text: string) => expect.poll(() => stderr.text).toContain(text)
    return { stdout, stderr, ended, shows, says, interrupt: () => interrupt() }
  }

  test('shows the last ten and what comes, once each, until ^C', async () => {
    for (let i = 1; i <= 12; i++) await append({ action: `old-${i}.` })
    const following = follow()
    await following.shows('old-12.')
    await append({ action: 'new-1.' })
    await following.shows('new-1.')
    await append({ action: 'new-2.' })
    await following.shows('new-2.')
    following.interrupt()
    expect((await following.ended).code).toBe(130)
    const actions = following.stdout.text.match(/(old|new)-\d+\./g)
    expect(actions?.slice(0, 2)).toEqual(['old-3.', 'old-4.'])
    expect(actions).toHaveLength(12)
    expect(following.stderr.text).toBe('dynfarm: interrupted\n')
  })

  test('goes on when the server was restarted, and misses nothing', async () => {
    await append({ action: 'before' })
    const following = follow('--json')
    await following.shows('"before"')
    await server.close()
    await following.says('trying again until it answers')
    // Long enough for a second try, which is not told again.
    await new Promise((resolve) => setTimeout(resolve, 1200))
    const runDir = dirname(server.socket)
    server = await startTestServer({ like: server, stateDir: server.stateDir, runDir })
    await append({ action: 'after' })
    await following.shows('"after"')
    following.interrupt()
    expect((await following.ended).code).toBe(130)
    const lines = following.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ action }) => action).filter((one) => /before|after/.test(one))).toEqual([
      'before',
      'after',
    ])
    expect(following.stderr.text.match(/trying again/g)).toHaveLength(1)
  })

  test('does not wait for a server that was never there', async () => {
    await server.close()
    const following = follow()
    expect((await following.ended).code).toBe(75)
  })
})
