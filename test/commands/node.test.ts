import { dirname } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { actOnNodes } from '../../src/client/admin/node-acts.ts'
import { DynfarmError } from '../../src/errors.ts'
import { dynfarm } from '../fakes/edge.ts'
import { KeptStream } from '../fakes/stream.ts'
import { asRoot } from '../server/command-line.ts'
import { knownNode, otherSshKey } from '../server/known-node.ts'
import { sites, startTestServer, type TestServer } from '../server/test-server.ts'
import { makeHost } from '../store/records.ts'

let server: TestServer
const run = (...words: string[]) => asRoot(server, words)

beforeEach(async () => {
  const aruba = { ...sites['aruba'], classes: { worker: {} } }
  server = await startTestServer({ sites: { aruba } })
  await server.server.store.write(async ({ nodes, hosts }) => {
    const report = { state: 'ready', version: '1.2.3' }
    await nodes.insert(knownNode(10, { state: 'ready', class: null, report }))
    await nodes.insert(knownNode(2, { state: 'failed', changedSshHostKeys: [otherSshKey] }))
    const alone = { slot: null, name: null, addresses: [], class: null, state: 'pending' } as const
    await nodes.insert({ ...knownNode(3), ...alone })
    await hosts.insert(makeHost({ id: 'hub1' }))
    const outer = { address: '2001:db8::9', port: 7 }
    const health = { hub: 'hub1', state: 'up', rung: 'wg', outer, mtu: 1420, rx: 70, tx: 80 }
    await nodes.see([{ node: 'id-10', at: Date.now() - 125_000, health }])
  })
})

describe('node list', () => {
  test('is a table by site and slot, with changed host keys marked', async () => {
    const { code, stdout, stderr } = await run('node', 'list')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split(/ {2,}/))).toEqual([
      ['NODE', 'STATE', 'SITE', 'ADDRESS', 'RUNG', 'OUTER', 'SEEN', 'VERSION', 'NOTE'],
      ['aruba-2', 'failed', 'aruba/worker', '10.200.1.2', '-', '-', '-', '-', 'ssh key changed'],
      ['aruba-10', 'ready', 'aruba', '10.200.1.10', 'wg', '[2001:db8::9]:7', '2m', '1.2.3'],
      ['id-3', 'pending', 'aruba', '-', '-', '-', '-', '-'],
    ])
  })

  test('is coloured on a terminal alone, in the same columns', async () => {
    const plain = (await run('node', 'list')).stdout
    const terminal = new KeptStream({ isTTY: true })
    await asRoot(server, ['node', 'list'], { stdout: terminal })
    const { text } = terminal
    expect(text).toContain('\u001b[32mready\u001b[39m')
    expect(text).toContain('\u001b[31mssh key changed\u001b[39m')
    expect(text).not.toContain('\u001b[33maruba')
    expect(text.replace(/\u001b\[\d+m/g, '')).toBe(plain)
    for (const words of ['node list --no-color', '--no-color node list']) {
      const without = new KeptStream({ isTTY: true })
      await asRoot(server, words.split(' '), { stdout: without })
      expect(without.text).toBe(plain)
    }
  })

  test('as JSON is one line a node', async () => {
    const { stdout } = await run('node', 'list', '--json')
    const nodes = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(nodes.map(({ id, slot }) => [id, slot])).toEqual([
      ['id-2', 2],
      ['id-10', 10],
      ['id-3', null],
    ])
    expect((await run('node', 'list', '--only', 'left', '--json')).stdout).toBe('')
  })

  test('may be of one site and state', async () => {
    const pending = await run('node', 'list', '--site', 'aruba', '--only', 'pending')
    expect(pending.stdout.split('\n')).toHaveLength(3)
    expect((await run('node', 'list', '--site', 'hpc')).stdout.split('\n')).toHaveLength(2)
    expect((await run('node', 'list', '--site', 'A')).stderr).toContain('site "A" is not the name')
    expect(await run('node', 'list', '--only', 'dead')).toMatchObject({ code: 64, stdout: '' })
  })
})

describe('node show', () => {
  test('tells what is known, and what is only claimed', async () => {
    const { code, stdout } = await run('node', 'show', 'aruba-2')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^node +aruba-2$/m)
    expect(stdout).toMatch(/^full name +aruba-2\.farm\.example\.org$/m)
    expect(stdout).toMatch(/^state +failed$/m)
    expect(stdout).toMatch(/^instance id \(claimed\) +i-1$/m)
    expect(stdout).toMatch(/^hostname \(claimed\) +vm-1$/m)
    expect(stdout).toMatch(/^CHANGED ssh host key +ssh-ed25519 \S+$/m)
    expect(stdout).not.toMatch(/ (-|null|undefined)?$/m)
  })

  test('tells how it is connected, as its hub sees it', async () => {
    const { stdout } = await run('node', 'show', 'aruba-10')
    expect(stdout).toMatch(/^rung +wg$/m)
    expect(stdout).toMatch(/^outer address +\[2001:db8::9\]:7$/m)
    expect(stdout).toMatch(/^tunnel +up at hub1, packets of 1420 bytes$/m)
    expect(stdout).toMatch(/^bytes +70 to it, 80 from it$/m)
  })

  test('as JSON is the whole record', async () => {
    const shown = JSON.parse((await run('node', 'show', 'id-3', '--json')).stdout)
    expect(shown).toMatchObject({ id: 'id-3', name: null, facts: { hostname: 'vm-1' } })
  })

  test('has problems on one line each, whatever they say', async () => {
    const problems = [{ code: 'x', step: 'files', message: 'no room\nstate  ready' }]
    const report = { state: 'failed', version: '1.2.3', problems }
    await server.server.store.write(({ nodes }) => nodes.update('id-2', { report }))
    const { stdout } = await run('node', 'show', 'aruba-2')
    expect(stdout).toMatch(/^problem +files: no room\ufffdstate {2}ready$/m)
  })

  test('knows no other', async () => {
    const ended = await run('node', 'show', 'aruba-77')
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toMatch(/^dynfarm: no node "aruba-77"\n {2}/)
  })
})

describe('what is done to nodes', () => {
  const stateOf = async (id: string) =>
    (await server.server.store.read(({ nodes }) => nodes.byId(id)))?.state

  test('approve lets one in that waits', async () => {
    const { code, stdout, stderr } = await run('node', 'approve', 'id-3')
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: 'aruba-1\n',
      stderr: 'dynfarm: approved "aruba-1"\n',
    })
    expect(await stateOf('id-3')).toBe('joining')
    const again = await run('node', 'approve', 'id-3')
    expect(again).toMatchObject({ code: 64, stdout: '' })
    expect(again.stderr).toContain('"aruba-1" does not wait: it is joining')
  })

  test('revoke shuts out several, each once', async () => {
    const { code, stdout, stderr } = await run('node', 'revoke', 'aruba-2', 'aruba-10', 'aruba-2')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'aruba-2\naruba-10\n' })
    expect(stderr).toBe('dynfarm: revoked "aruba-2", "aruba-10"\n')
    expect([await stateOf('id-2'), await stateOf('id-10')]).toEqual(['revoked', 'revoked'])
    const again = await run('node', 'revoke', 'aruba-2')
    expect(again).toMatchObject({ code: 0, stdout: '' })
    expect(again.stderr).toBe('dynfarm: "aruba-2" was revoked before\n')
  })

  test('revoke --quarantine leaves ssh, and is not for who never came in', async () => {
    const { stderr } = await run('node', 'revoke', '--quarantine', 'aruba-2')
    expect(stderr).toBe('dynfarm: quarantined "aruba-2"\n')
    expect(await stateOf('id-2')).toBe('quarantined')
    expect(await run('node', 'revoke', '--quarantine', 'id-3')).toMatchObject({ code: 64 })
  })

  test('revoke takes hubs too', async () => {
    expect(await run('node', 'revoke', 'hub1')).toMatchObject({ code: 0, stdout: 'hub1\n' })
  })

  test('one that refuses does not keep it from the others, and is told', async () => {
    const ended = await run('node', 'revoke', 'aruba-2', 'aruba-77', 'aruba-10')
    expect(ended).toEqual({
      code: 64,
      stdout: 'aruba-2\naruba-10\n',
      stderr: 'dynfarm: revoked "aruba-2", "aruba-10"\n  "aruba-77" failed: no node "aruba-77"\n',
    })
    const { stdout } = await run('node', 'revoke', 'aruba-2', 'aruba-77', '--json')
    const failed = [{ node: 'aruba-77', code: 'not-found', message: 'no node "aruba-77"' }]
    expect(JSON.parse(stdout)).toEqual({ changed: [], unchanged: ['aruba-2'], failed })
  })

  test('no name is sent when one of them cannot be one', async () => {
    const ended = await run('node', 'revoke', 'aruba-2', '../tokens')
    expect(ended).toMatchObject({ code: 64, stdout: '' })
    expect(ended.stderr).toContain('"../tokens" is not the name or the id of a node')
    expect(await stateOf('id-2')).toBe('failed')
  })

  test('forget frees the slot of who is silent', async () => {
    expect((await run('node', 'forget', 'aruba-2')).stderr).toBe('dynfarm: forgot "aruba-2"\n')
    expect(await stateOf('id-2')).toBe('forgotten')
    const alive = await run('node', 'forget', 'aruba-10')
    expect(alive).toMatchObject({ code: 77, stdout: '' })
    expect(alive.stderr).toContain('a hub has just heard of "aruba-10"')
  })

  test('refresh and accept-key', async () => {
    const refreshed = await run('node', 'refresh', 'aruba-10')
    expect(refreshed.stderr).toBe('dynfarm: marked to join again at its next timer: "aruba-10"\n')
    const accepted = await run('node', 'accept-key', 'aruba-2', 'aruba-10')
    expect(accepted.stdout).toBe('aruba-2\n')
    expect(accepted.stderr).toContain('"aruba-10" has the ssh host keys that were accepted')
    expect((await run('node', 'list')).stdout).not.toContain('changed')
  })

  test('ends at the first when there is no server', async () => {
    await server.close()
    const ended = await run('node', 'revoke', 'aruba-2', 'aruba-10')
    expect(ended).toMatchObject({ code: 75, stdout: '' })
    expect(ended.stderr).not.toContain('aruba')
  })
})

test('who is told that a node failed is told alone what to do, and a lost server ends it', async () => {
  const single = await run('node', 'forget', 'aruba-77')
  expect(single).toMatchObject({ code: 64, stdout: '' })
  expect(single.stderr).toMatch(/^dynfarm: no node "aruba-77"\n {2}"dynfarm node list"/)
  let asked = 0
  const lost = async () => {
    asked += 1
    throw new DynfarmError('server-unreachable', 'no server answers')
  }
  const access = {
    bundle: undefined,
    ownBundle: undefined,
    sudoUser: undefined,
    ownState: undefined,
  }
  const context = { runDir: dirname(server.socket), access, log: { warn: () => {} } }
  const result = await actOnNodes(['a-1', 'a-2'], { ask: lost, done: 'x' }, context)
  expect([asked, result.exit]).toEqual([1, 75])
})

test('without a name there is nothing to do', async () => {
  expect(await dynfarm(['node', 'revoke'])).toMatchObject({ code: 64 })
})
