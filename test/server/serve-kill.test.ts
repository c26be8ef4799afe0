import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, type ExpectStatic, test } from 'vitest'
import { openClient } from '../../src/client/requests.ts'
import { publicKeyHash } from '../../src/pki/public-key.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { freePort } from '../fakes/port.ts'
import { type Joined, joinBy, openSite } from './joiner.ts'
import { killServers, type ServeProcess, startServeProcess } from './serve-process.ts'
import { centre, writeCentre } from './test-server.ts'

const folders: string[] = []
afterAll(() => {
  killServers()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const rounds = Number(process.env['KILL_ROUNDS'] ?? 12)
const lanes = 8

/** Two servers at a time, each with half of the rounds, so that both cores are at work and the instants differ. */
test.concurrent.for(['one', 'two'])(
  'a server killed at any instant under load keeps all that it acknowledged (server %s)',
  { timeout: rounds * 50_000 },
  async (_name, { expect }) => {
    const { folder, pin } = await makeFolder()
    const token = await withServer(folder, async (serve) => {
      const root = openClient({ socketPath: serve.socketPath })
      return (await openSite(root, { url: serve.url, pin }, 'aruba')).token
    })
    const acknowledged: Joined[] = []
    for (let round = 0; round < rounds / 2; round++) {
      const joined = await killOnce({ folder, pin, token })
      expect(joined.length).toBeGreaterThan(0)
      acknowledged.push(...joined)
    }
    await withServer(folder, (serve) => expectAnswers(expect, { serve, pin, acknowledged }))
    await expectStored(expect, { folder, token, acknowledged })
  },
)

async function makeFolder(): Promise<{ folder: string; pin: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-test-'))
  folders.push(folder)
  const [listen, admin] = [`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`]
  const aruba = { site: 'aruba', nodes: '10.200.128.0/17', tunnels: ['wg'], services: ['ce'] }
  const keys = await writeCentre(join(folder, 'config'), {
    server: { ...centre.server, listen, admin },
    sites: { aruba },
  })
  return { folder, pin: publicKeyHash(keys.authorities.server.certificate).toString('hex') }
}

/** Machines join on and on, until the server is killed some time after its first answer. */
async function killOnce(at: { folder: string; pin: string; token: string }): Promise<Joined[]> {
  const serve = await startServeProcess(at.folder)
  const joined: Joined[] = []
  const begun = Promise.withResolvers<void>()
  const lane = async (): Promise<void> => {
    for (;;) {
      joined.push(await joinBy(at.token, { url: serve.url, pin: at.pin }))
      begun.resolve()
    }
  }
  const all = Promise.allSettled(Array.from({ length: lanes }, lane))
  await Promise.race([begun.promise, all])
  await sleep(Math.random() * 150)
  await serve.end('SIGKILL')
  await all
  return joined
}

interface Answering {
  serve: ServeProcess
  pin: string
  acknowledged: readonly Joined[]
}

/** Each is listed as it was told, and the last of them come back as who they are. */
async function expectAnswers(
  expect: ExpectStatic,
  { serve, pin, acknowledged }: Answering,
): Promise<void> {
  const root = openClient({ socketPath: serve.socketPath })
  const { nodes } = await root.request('nodeList', { query: {} })
  const listed = new Map(nodes.map(({ id, name, slot }) => [id, { name, slot }]))
  for (const { answer } of acknowledged) {
    const { id = '', name, slot } = answer.node ?? {}
    expect(listed.get(id)).toEqual({ name, slot })
  }
  for (const { credential, answer } of acknowledged.slice(-lanes)) {
    const { url } = serve
    const client = openClient({ urls: [url], pins: [pin], credential })
    const body = { version: '0.1.0', state: 'ready' } as const
    await client.request('report', { body })
    client.close()
    const shown = await root.request('nodeShow', { params: { node: answer.node?.id ?? '' } })
    expect(shown.state).toBe('ready')
  }
}

interface Kept {
  folder: string
  token: string
  acknowledged: readonly Joined[]
}

/** Nothing was given twice, every use of the token made one node, and the audit tells of each. */
async function expectStored(
  expect: ExpectStatic,
  { folder, token, acknowledged }: Kept,
): Promise<void> {
  const store = await openStore({ database: 'sqlite', folder: join(folder, 'state/server') })
  expect(store.opened.restored).toBeUndefined()
  const { nodes, used } = await store.read(async (reads) => ({
    nodes: await reads.nodes.list(),
    used: (await reads.tokens.byId(token.slice(3, 14)))?.used,
  }))
  const holders = new Map(nodes.map(({ id, certificate }) => [id, certificate]))
  for (const { answer, holder } of acknowledged)
    expect(holders.get(answer.node?.id ?? '')).toBe(holder.id)
  for (const key of ['id', 'slot', 'certificate', 'publicKey'] as const)
    expect(new Set(nodes.map((node) => node[key])).size).toBe(nodes.length)
  expect(used).toBe(nodes.length)
  expect((await joinsInAudit(store)).toSorted()).toEqual(nodes.map(({ id }) => id).toSorted())
  expect(await chainOutcome(store)).toBe('complete')
  await store.close()
}

/** Of the site: the hub joined too. */
async function joinsInAudit(store: Store): Promise<(string | null)[]> {
  const lines = await store.read(({ audit }) => audit.list({ action: 'join', limit: 100_000 }))
  return lines.filter(({ detail }) => detail['site'] === 'aruba').map(({ subject }) => subject)
}

async function chainOutcome(store: Store): Promise<string> {
  for (let check = await store.read(({ audit }) => audit.verify()); ; ) {
    if (check.outcome !== 'goes-on') return check.outcome
    const { checked } = check
    check = await store.read(({ audit }) => audit.verify(checked))
  }
}

async function withServer<T>(
  folder: string,
  work: (serve: ServeProcess) => Promise<T>,
): Promise<T> {
  const serve = await startServeProcess(folder)
  const result = await work(serve)
  await serve.end('SIGTERM')
  return result
}
