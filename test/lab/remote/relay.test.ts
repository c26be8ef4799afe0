import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HostOutcome, type HostProcess, killGroup, type LabHost } from '../lib/lab-host.ts'
import { relayPort, type Siblings, siteAddress, startSiblings, wanAddress } from './siblings.ts'

const bin = new URL('../../../bin/dynfarm.ts', import.meta.url).pathname
const altering = new URL('../fixtures/altering-relay.ts', import.meta.url).pathname
const size = 5_000_000

let site: Siblings
let one: LabHost
let two: LabHost
let three: LabHost

beforeAll(async () => {
  site = await startSiblings(6, [process.execPath, bin])
  ;[one, two, three] = site.nodes as [LabHost, LabHost, LabHost]
  await site.centre.must(['sh', '-c', script, 'sh', String(size)])
})

/** A tree with what goes alone, what goes together, what is not worth a question, and a name that is no line. */
const script = String.raw`
mkdir -p /root/tree/folder /root/one && cd /root/tree
head -c "$1" /dev/urandom >large && head -c "$1" /dev/urandom >/root/one/file
head -c 700000 /dev/urandom >folder/middle && head -c 300000 /dev/urandom >"$(printf 'two\nlines\377')"
echo small >small && : >empty && ln -s small link
`

afterAll(async () => {
  await site?.stop()
})

interface Record {
  node: string
  class: string
  bytes: { sent: number; relayed: number }
}

function recordsOf({ stdout }: HostOutcome): Record[] {
  const records = stdout.trim().split('\n')
  return records.map((line) => JSON.parse(line)).sort((a, b) => (a.node < b.node ? -1 : 1))
}

const byRelay = ['--relay', '--json']
/** So that it is known which one serves. */
const inTurn = ['-w', 'aruba-[1-3]', '-f1']

async function sums(host: LabHost, path: string): Promise<string> {
  return host.must([
    'sh',
    '-c',
    'cd "$1" && find . -type f -exec sha256sum {} + | sort',
    'sh',
    path,
  ])
}

/** Whoever listens there, or runs for a relay. */
async function leftOn(host: LabHost): Promise<string> {
  const sockets = await host.must(['ss', '-Htln', `sport = :${relayPort}`])
  const processes = await host.run(['sh', '-c', 'grep -al relay-[sf] /proc/[0-9]*/cmdline'])
  return sockets + processes.stdout.replace(/.*\/(self|thread-self)\/.*\n/g, '')
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await isSo()) return
    await sleep(50)
  }
  throw new Error('it did not come to that')
}

describe('put --relay', () => {
  test('sends one copy, and the siblings give it to each other', async () => {
    const before = await site.sent()
    const done = await site.put(['-w', '@aruba', ...byRelay, '/root/tree', '/root/there'])
    expect(done).toMatchObject({ code: 0 })
    const relayed = recordsOf(done).map(({ bytes }) => bytes.relayed)
    expect(relayed.sort()).toEqual([0, ...Array(5).fill(size + 1_000_000)])
    expect((await site.sent()) - before).toBeLessThan(1.5 * (size + 1_000_000))
    const own = await sums(site.centre, '/root/tree')
    for (const node of site.nodes) {
      expect(await sums(node, '/root/there')).toBe(own)
      expect(await node.must(['readlink', '/root/there/link'])).toBe('small\n')
      // What watches a command ends within a second after it.
      await until(async () => (await leftOn(node)) === '')
    }
  })

  test('goes directly to a sibling that is blocked, and to that one alone', async () => {
    await three.must(['nft', '-f', '-'], { input: blocked })
    const done = await site.put([...inTurn, ...byRelay, '/root/one/file', '/root/b'])
    await three.must(['nft', 'flush', 'ruleset'])
    expect(done).toMatchObject({ code: 0 })
    expect(recordsOf(done).map(({ bytes }) => bytes.relayed)).toEqual([0, size, 0])
    expect(done.stderr).toMatch(/relay: directly to aruba-3: .*no connection to the sibling/)
    expect(await three.must(['stat', '-c', '%s', '/root/b'])).toBe(`${size}\n`)
  })

  test('takes the next one where a node cannot serve, also one after the other', async () => {
    await one.must(['mv', '/usr/bin/dynfarm', '/usr/bin/gone'])
    const done = await site.put([...inTurn, ...byRelay, '/root/one/file', '/root/c'])
    await one.must(['mv', '/usr/bin/gone', '/usr/bin/dynfarm'])
    expect(done).toMatchObject({ code: 0 })
    expect(recordsOf(done).map(({ bytes }) => bytes.relayed)).toEqual([0, 0, size])
    expect(done.stderr).toContain('there is no dynfarm')
  })

  test('leaves nothing on the nodes when it is killed', async () => {
    await three.must(['nft', '-f', '-'], { input: blocked })
    const stop = new AbortController()
    const running = site.put([...inTurn, ...byRelay, '/root/one/file', '/root/d'], {
      signal: stop.signal,
    })
    const listeners = async () => (await Promise.all(site.nodes.map(leftOn))).join('')
    await until(async () => (await listeners()).includes('LISTEN'))
    stop.abort()
    expect(await running).toMatchObject({ code: 137 })
    await until(async () => (await listeners()) === '')
    await three.must(['nft', 'flush', 'ruleset'])
  })
})

const blocked = `table inet t { chain out { type filter hook output priority 0; tcp dport ${relayPort} drop; }; }`

describe('a node that serves', () => {
  const key = randomBytes(32).toString('hex')
  const content = randomBytes(300_000)
  const hash = createHash('sha256').update(content).digest('hex')
  let server: HostProcess
  let relay: HostProcess

  beforeAll(async () => {
    await one.write('/root/served', content)
    server = one.spawn(['dynfarm', 'relay-serve'], { open: true })
    const path = Buffer.from('/root/served').toString('base64')
    const files = [{ hash, size: content.length, path }]
    const siblings = [
      { name: 'aruba-2', key },
      { name: 'aruba-3', key: randomBytes(32).toString('hex') },
    ]
    server.stdin?.write(`${JSON.stringify({ siblings, files, idle: 60, later: 1 })}\n`)
    const [line] = await once(server.stdout as NodeJS.ReadableStream, 'data')
    expect(JSON.parse(String(line))).toEqual({ address: siteAddress(1), port: relayPort })
    relay = three.spawn([
      process.execPath,
      altering,
      siteAddress(3),
      String(relayPort),
      siteAddress(1),
    ])
    await once(relay.stdout as NodeJS.ReadableStream, 'data')
    return async () => {
      killGroup(relay.pid)
      await Promise.all([relay, server])
    }
  })

  async function fetched(over: object, wanted = hash): Promise<HostOutcome & { isAll: boolean }> {
    const usual = { name: 'aruba-2', key, address: siteAddress(1), port: relayPort, seconds: 20 }
    const order = `${JSON.stringify({ ...usual, ...over })}\nL 3\nab\nF ${wanted} 100 ${content.length}\nE\n`
    const outcome = await two.run(['sh', '-c', 'dynfarm relay-fetch >/root/got'], { input: order })
    const sum = createHash('sha256').update('ab\n').update(content.subarray(100)).digest('hex')
    const got = await two.must(['sha256sum', '/root/got'])
    return {
      ...outcome,
      stdout: await two.must(['wc', '-c', '/root/got']),
      isAll: got.startsWith(sum),
    }
  }

  test('gives a sibling what it asks for', async () => {
    expect(await fetched({})).toMatchObject({ code: 0, isAll: true })
  })

  test.each<[string, object, string?]>([
    ['another key', { key: randomBytes(32).toString('hex') }],
    ['a name that was not named', { name: 'aruba-4' }],
    ['the name of another sibling', { name: 'aruba-3' }],
  ])('gives nothing to %s', async (_, over) => {
    const outcome = await fetched(over)
    expect(outcome).toMatchObject({ code: 71, stdout: '0 /root/got\n' })
    expect(outcome.stderr).toContain('no connection to the sibling')
  })

  test('gives nothing but what it was told to', async () => {
    const other = createHash('sha256').update('other').digest('hex')
    const outcome = await fetched({}, other)
    expect(outcome.code).not.toBe(0)
    expect(outcome.stdout).toBe('3 /root/got\n')
  })

  test('and its bytes are refused when one of them was altered on the way', async () => {
    const outcome = await fetched({ address: siteAddress(3) })
    expect(outcome.code).not.toBe(0)
    expect(outcome.stdout).toBe('3 /root/got\n')
  })

  test('is not asked anywhere but on the network of the site', async () => {
    const outcome = await fetched({ address: wanAddress(1) })
    expect(outcome).toMatchObject({ code: 71, stdout: '0 /root/got\n' })
    expect(outcome.stderr).toContain('is not where siblings are')
    const tcp = `exec 3<>/dev/tcp/${wanAddress(1)}/${relayPort}`
    expect((await two.run(['bash', '-c', tcp])).code).not.toBe(0)
  })

  test('gives no file that became another one', async () => {
    await one.must(['truncate', '-s', '299999', '/root/served'])
    expect((await fetched({})).stdout).toBe('3 /root/got\n')
    await one.write('/root/served', content)
  })

  test('ends with its standard input', async () => {
    server.stdin?.end()
    expect((await server).exitCode).toBe(0)
    expect(await leftOn(one)).toBe('')
  })
})
