import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AuditRecord } from '../../../src/protocol/records.ts'
import { dynfarm } from '../../fakes/edge.ts'
import { testFolder } from '../../fakes/folder.ts'
import { listActs } from '../../server/acts.ts'
import { withBundle } from '../../server/command-line.ts'
import { knownNode, otherSshKey } from '../../server/known-node.ts'
import { startTestServer, type TestServer } from '../../server/test-server.ts'
import { insertNodes } from '../../store/records.ts'
import { makeFarm } from './support/hosts.ts'
import { type Host, makeKey, publicKey } from './support/sshd.ts'

const farm = makeFarm()
const now = Date.now()
let host: Host
let server: TestServer
let state: string

beforeAll(async () => {
  // The server's nodes have no port: the sshd listens where no other does.
  host = await farm.start({ name: 'aruba-1', port: 22 })
})
beforeEach(async () => {
  state = join(testFolder(), 'state')
  server = await startTestServer({ now: () => now })
  const { addresses, hostKeys } = host.target
  const strange = [publicKey(makeKeyOnce())]
  const aruba = (slot: number, over: object) => knownNode(slot, { addresses, ...over })
  await insertNodes(
    server.server.store,
    aruba(1, { state: 'ready', sshHostKeys: hostKeys, class: 'cache' }),
    aruba(2, { state: 'ready', sshHostKeys: hostKeys, changedSshHostKeys: [otherSshKey] }),
    aruba(3, { state: 'failed', sshHostKeys: strange }),
    aruba(4, { state: 'revoked', sshHostKeys: hostKeys }),
  )
})
let made: string | undefined
function makeKeyOnce(): string {
  made ??= makeKey(farm.folder, 'strange')
  return made
}

const remote = (words: readonly string[], run = dirname(server.socket)) =>
  dynfarm(['remote', ...words], {
    stdin: Readable.from([]),
    env: { DYNFARM_RUN: run, DYNFARM_STATE: state },
  })
const exec = (words: readonly string[], run?: string) =>
  remote(['exec', '-i', farm.identity.path, '-t', '60', ...words], run)
const nowhere = '/nowhere'
const runs = async (): Promise<AuditRecord[]> =>
  (await listActs(server.server.store)).filter(({ action }) => action.startsWith('remote-'))
const waiting = () => readdirSync(join(state, 'remote', 'audit'))

describe('with the server', () => {
  test('each node ends as its state and its keys say, and the run is a line of the audit', async () => {
    const ran = await exec(['-w', '@all', '--', 'echo', 'a b'])
    expect(ran).toMatchObject({ code: 4, stdout: 'aruba-1: a b\n' })
    expect(ran.stderr).toContain('1 ok: aruba-1\n')
    expect(ran.stderr).toContain('2 hostkey: aruba-[2-3]\n')
    expect(ran.stderr).toContain('accept-key aruba-2": aruba-2\n')
    expect(ran.stderr).toContain('1 skipped: aruba-4\n')
    expect(await runs()).toMatchObject([
      {
        ...{ action: 'remote-exec', outcome: 'failed', actor: expect.stringMatching(/^root@/) },
        detail: {
          ...{ command: ['echo', 'a b'], nodes: 'aruba-[1-4]', count: 4, login: 'root' },
          ended: { ok: 'aruba-1', hostkey: 'aruba-[2-3]', skipped: 'aruba-4' },
        },
      },
    ])
    expect(waiting()).toEqual([])
  })

  test('those that are ready are no others, and a label is one', async () => {
    expect((await exec(['-w', '@aruba:failed', 'true'])).stderr).toContain('1 hostkey: aruba-3\n')
    expect((await exec(['-w', '@class=cache', 'true'])).stderr).toContain('1 ok: aruba-1\n')
  })

  test('what is done with the nodes there counts at once', async () => {
    await exec(['-w', 'aruba-1', 'true'])
    await server.server.store.write(({ nodes }) => nodes.update('id-1', { state: 'revoked' }))
    expect((await exec(['-w', 'aruba-1', 'true'])).stderr).toContain('1 skipped: aruba-1\n')
  })

  test('secrets of the environment are in no audit, and a dry run is none', async () => {
    expect((await exec(['-w', 'aruba-1', '--dry-run', 'true'])).code).toBe(0)
    expect(
      (await exec(['-w', 'aruba-1', '--env', 'TOKEN=hunter2', '--as', 'daemon', 'id'])).code,
    ).toBe(0)
    const lines = await runs()
    expect(lines).toMatchObject([{ outcome: 'done', detail: { login: 'daemon by root' } }])
    expect(JSON.stringify(lines)).not.toContain('hunter2')
  })

  test('who may only look is refused before anything is run', async () => {
    const bundle = join(testFolder(), 'vera.json')
    const root = { env: { DYNFARM_RUN: dirname(server.socket), DYNFARM_CONFIG: server.configDir } }
    const words = ['admin', 'create', 'vera', '--role', 'viewer', '--out', bundle]
    const created = await dynfarm([...words, '--url', `https://${server.admin}`], root)
    expect(created.stderr).not.toContain('error')
    const refused = await withBundle(bundle, [
      ...['remote', 'exec', '-w', 'aruba-1', '-i', farm.identity.path, '--state', state, 'true'],
    ])
    expect(refused).toMatchObject({ code: 77, stdout: '' })
    expect(refused.stderr).toContain('for the rank operator')
    const listed = await withBundle(bundle, ['remote', 'list', '--state', state])
    expect(listed).toMatchObject({ code: 0, stdout: expect.stringContaining('aruba-1') })
    expect(await runs()).toEqual([])
  })
})

describe('without the server', () => {
  test('nothing is known before the first contact', async () => {
    const none = await exec(['-w', '@all', 'true'], nowhere)
    expect(none.code).toBe(75)
    expect(none.stderr).toContain('there is no inventory')
    expect(none.stderr).toContain('the server does not answer: no server runs on this host')
    for (const wrong of ['', ' , ', 'aruba-[1-'])
      expect(await exec(['-w', wrong, 'true'], nowhere)).toMatchObject({ code: 64 })
    expect(await remote(['shell', ''], nowhere)).toMatchObject({ code: 64 })
  })

  test('the nodes are those of the last contact, and the runs are told in order, once, later', async () => {
    await remote(['list'])
    const first = await exec(['-w', 'aruba-1', 'echo', 'one'], nowhere)
    expect(first).toMatchObject({ code: 0, stdout: 'aruba-1: one\n' })
    expect(first.stderr).toMatch(/the nodes as they were known \d+s ago\n/)
    await exec(['-w', 'aruba-1', 'exit 3'], nowhere)
    expect([await runs(), waiting().length]).toEqual([[], 2])
    // The answer to this was lost once: the server has it, and it waits here too.
    const [oldest = ''] = waiting().sort()
    const text = readFileSync(join(state, 'remote', 'audit', oldest), 'utf8')
    expect((await remote(['list'])).code).toBe(0)
    writeFileSync(join(state, 'remote', 'audit', oldest), text)
    expect((await exec(['-w', 'aruba-1', 'true'])).code).toBe(0)
    const told = (await runs()).map(({ outcome, detail }) => [outcome, detail['command']])
    expect(told).toEqual([
      ['done', ['echo', 'one']],
      ['failed', ['exit 3']],
      ['done', ['true']],
    ])
    expect(waiting()).toEqual([])
  })

  test('a run whose process died is told as that, and one that goes on is not told', async () => {
    await remote(['list'])
    await exec(['-w', 'aruba-1', 'true'], nowhere)
    const folder = join(state, 'remote', 'audit')
    const [name = ''] = waiting()
    const kept = JSON.parse(readFileSync(join(folder, name), 'utf8'))
    const born = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ')[19]
    const write = (id: string, over: object) =>
      writeFileSync(
        join(folder, `${id}.json`),
        JSON.stringify({ ...kept, ...over, run: { ...kept.run, id, outcome: 'unknown' } }),
      )
    write('00-dead', { process: process.pid, born: 'long ago' })
    write('2-alive', { process: process.pid, born })
    writeFileSync(join(folder, '3-damaged.json'), '{')
    const { stderr } = await remote(['list'])
    expect(stderr).toContain('3-damaged.json" is no record of a run')
    expect((await runs()).map(({ subject, outcome }) => [subject, outcome])).toEqual([
      ['00-dead', 'unknown'],
      [kept.run.id, 'done'],
    ])
    expect(waiting().sort()).toEqual(['2-alive.json', '3-damaged.json'])
  })

  test('a run that cannot be recorded does not begin', async () => {
    await remote(['list'])
    writeFileSync(join(state, 'remote', 'audit'), '')
    const refused = await exec(['-w', 'aruba-1', 'echo', 'ran'])
    expect(refused).toMatchObject({ code: 71, stdout: '' })
  })

  test('one that takes connections and says nothing costs a moment', async () => {
    await remote(['list'])
    const run = testFolder()
    const silent = createServer(() => undefined).listen(join(run, 'admin.sock'))
    await new Promise((resolve) => silent.once('listening', resolve))
    const ran = await exec(['-w', 'aruba-1', 'echo', 'ran'], run)
    silent.close()
    expect(ran).toMatchObject({ code: 0, stdout: 'aruba-1: ran\n' })
    expect(ran.stderr).toContain('does not answer')
    expect(waiting()).toHaveLength(1)
  })

  test('a damaged copy is replaced by the next contact, and of no use before', async () => {
    mkdirSync(join(state, 'remote'), { recursive: true })
    writeFileSync(join(state, 'remote', 'inventory.json'), '{')
    expect((await exec(['-w', '@all', 'true'], nowhere)).code).toBe(78)
    expect((await exec(['-w', 'aruba-1', 'true'])).code).toBe(0)
    expect((await exec(['-w', 'aruba-1', 'true'], nowhere)).code).toBe(0)
  })
})

describe('the list', () => {
  test('has a line for each node, in the order and with the columns that are asked for', async () => {
    await server.server.store.write(({ nodes }) =>
      nodes.see([{ node: 'id-3', at: now - 7200_000, health: { state: 'up', rung: 'wg' } }]),
    )
    const { stdout } = await remote(['list'])
    expect(stdout).toMatch(/^NODE +SITE +STATE +ADDRESS +RUNG +SEEN +VERSION +KEY\n/)
    expect(stdout).toMatch(/^aruba-2 +aruba +ready +127\S+ +- +- +- +changed$/m)
    expect(stdout).toMatch(/^aruba-3 +aruba +failed +127\S+ +wg +2h +- +ok$/m)
    const listed = await remote([
      'list',
      '-w',
      '@aruba!aruba-4',
      '--format',
      'node,labels',
      '--sort',
      '-node',
    ])
    expect(listed.stdout).toBe(
      'NODE     LABELS\naruba-3  class=worker\naruba-2  class=worker\naruba-1  class=cache\n',
    )
    const seen = await remote(['list', '--format', 'node', '--sort', 'seen'])
    expect(seen.stdout).toBe('NODE\naruba-3\naruba-1\naruba-2\naruba-4\n')
    const state = await remote(['list', '-w', '@all:ready', '-x', 'aruba-2', '--json'])
    expect(JSON.parse(state.stdout)).toEqual({
      ...{ node: 'aruba-1', site: 'aruba', class: 'cache', state: 'ready', hostKey: 'ok' },
      ...{ addresses: host.target.addresses, rung: null, lastSeen: null, version: null },
      labels: { class: 'cache' },
    })
    for (const wrong of [
      ['--format', 'nod'],
      ['--sort', 'nod'],
    ])
      expect(await remote(['list', ...wrong])).toMatchObject({ code: 64 })
  })

  test('is told of old when the server is down', async () => {
    await remote(['list'])
    const old = await remote(['list'], nowhere)
    expect(old).toMatchObject({ code: 0, stdout: expect.stringContaining('aruba-4') })
    expect(old.stderr).toContain('the nodes as they were known')
  })
})
