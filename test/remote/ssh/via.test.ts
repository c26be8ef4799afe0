import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import { dynfarm } from '../../fakes/edge.ts'
import { asRoot, withBundle } from '../../server/command-line.ts'
import { startTestServer } from '../../server/test-server.ts'
import { remoteExec } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { childrenOf } from './support/processes.ts'
import { type Host, publicKey } from './support/sshd.ts'

const farm = makeFarm()
let nodes: Host
let hub: Host
const addresses = Array.from({ length: 32 }, (_, n) => `127.7.${process.pid % 200}.${n + 1}`)
/** Connections that stood at once there. */
let most = 0

beforeAll(async () => {
  nodes = await farm.start({
    name: 'nodes',
    addresses: addresses.slice(0, 1),
    config: ['ListenAddress 0.0.0.0'],
  })
  // It lets nobody run anything: who goes through it needs no session there.
  hub = await farm.start({ name: 'hub1', config: ['MaxSessions 0'] })
  const { target } = nodes
  const many = addresses.map((address, n) => ({
    target: { ...target, name: `aruba-${n + 1}`, addresses: [address] },
  }))
  const strange = [publicKey(join(farm.folder, 'hub1', 'host'))]
  remoteExec(farm, [
    ...many,
    { target: { ...target, name: 'aruba-33', hostKeys: strange } },
    { target: { ...target, name: 'aruba-34', port: 1 } },
  ])
})

function knowHubs(hubs: object[]): void {
  const path = join(farm.folder, 'state', 'remote', 'inventory.json')
  const inventory = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify({ ...inventory, hubs }))
}

const hubNode = (over: object = {}) => {
  const { addresses, hostKeys } = hub.target
  return { name: 'hub1', addresses, hostKeys, ...over }
}

function exec(via: string, ...words: string[]) {
  const common = ['--state', join(farm.folder, 'state'), '-i', farm.identity.path, '-t', '60']
  const all = ['remote', 'exec', ...common, '--via', via, ...words]
  return dynfarm(all, { stdin: Readable.from([]), env: { DYNFARM_RUN: '/nowhere' } })
}
const way = (name = 'hub1') => `root@${name}:${hub.target.port}`

describe('through a hub', () => {
  test('few connections carry those to many nodes, each with its own host key', async () => {
    knowHubs([hubNode()])
    const watch = setInterval(() => {
      most = Math.max(most, childrenOf(hub.pid).length)
    }, 20)
    const line = 'echo $SSH_CONNECTION | cut -d" " -f3; head -c 300000 /dev/zero | tr "\\0" x'
    const { code, stdout, stderr } = await exec(way(), '-w', 'aruba-[1-34]', '-N', line)
    clearInterval(watch)
    expect(code).toBe(4)
    expect(stdout.match(/^127\.\S+$/gm)?.toSorted()).toEqual(addresses.toSorted())
    expect(stdout.match(/^x{262144}/gm)?.length).toBe(32)
    expect(stderr).toContain('32 ok: aruba-[1-32]\n')
    expect(stderr).toContain('1 hostkey: aruba-33\n')
    expect(stderr).toContain('1 unreachable: aruba-34\n')
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(4)
  })

  test('a hub is also known by where it is reached', async () => {
    expect((await exec(way(hub.target.addresses[0]), '-w', 'aruba-1', 'true')).code).toBe(0)
  })

  test('the bundle of an administrator names it, with its port', async () => {
    knowHubs([hubNode()])
    const server = await startTestServer({})
    const out = join(farm.folder, 'anna.json')
    const made = ['admin', 'create', 'anna', '--role', 'admin', '--out', out, '--via', way()]
    // Nobody answers there: the nodes and hubs are those that were known.
    const created = await asRoot(server, [...made, '--url', 'https://127.0.0.1:1'])
    expect(created).toMatchObject({ code: 0 })
    const common = ['--state', join(farm.folder, 'state'), '-i', farm.identity.path]
    const words = ['remote', 'exec', ...common, '-N', '-w', 'aruba-1', 'echo $SSH_CONNECTION']
    const { code, stdout } = await withBundle(out, words)
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining(' 127.') })
    // It came from the hub, which has an address of its own.
    expect(stdout).toMatch(new RegExp(`^${hub.target.addresses[0]} |^127.0.0.1 `))
    expect((await withBundle(out, [...words.slice(0, -1), '--via', 'hub1:1', 'true'])).code).toBe(4)
    const wrong = [...made.slice(0, -1), 'hub 1', '--url', 'https://127.0.0.1:1']
    expect(await asRoot(server, wrong)).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('"hub 1" is no way like [USER@]HUB[:PORT]'),
    })
  })

  test('a hub that nobody vouches for is not gone through', async () => {
    knowHubs([hubNode({ hostKeys: nodes.target.hostKeys })])
    const strange = await exec(way(), '-w', 'aruba-[1-2]', 'true')
    expect(strange).toMatchObject({ code: 4, stdout: '' })
    expect(strange.stderr).toContain('2 hostkey: aruba-[1-2]\n')
    expect(strange.stderr).toContain('hub "hub1": it shows another host key')
    expect(await exec(way('hub2'), '-w', 'aruba-1', 'true')).toMatchObject({ code: 64 })
    knowHubs([])
    const unknown = await exec(way(hub.target.addresses[0]), '-w', 'aruba-1', 'true')
    expect(unknown.stderr).toContain('no host key of hub "127.')
    expect((await exec('a b', '-w', 'aruba-1', 'true')).code).toBe(64)
  })

  test('a hub that passes nothing on, or is not there, is told as that', async () => {
    const closed = await farm.start({ name: 'closed', config: ['AllowTcpForwarding no'] })
    const { addresses, port, hostKeys } = closed.target
    knowHubs([hubNode({ addresses, hostKeys })])
    const refused = await exec(`root@hub1:${port}`, '-w', 'aruba-1', 'true')
    expect(refused.stderr).toMatch(
      /1 refused: aruba-1\n.*hub "hub1": its sshd passes no connections on/,
    )
    const away = await exec('root@hub1:1', '-w', 'aruba-[1-3]', 'true')
    expect(away.stderr).toMatch(/3 unreachable: aruba-\[1-3\]\n.*hub "hub1": .*nothing listens/)
  })
})
