import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { LabHost } from '../lib/lab-host.ts'
import {
  type Centre,
  centreYaml,
  fixture,
  giveToken,
  joinService,
  startCentre,
  stateOf,
  until,
} from './centre.ts'

const ce = '192.0.2.22'
let centre: Centre
let machine: LabHost
let before: Record<string, string>

beforeAll(async () => {
  centre = await startCentre({ site: { try: '4s' } })
  machine = centre.lab.host('aruba-a')
  before = await stateOf(machine)
  await joinService(centre)
})

afterAll(async () => {
  await centre?.stop()
})

beforeEach(async () => {
  await block('')
})

/** What the NAT lets nobody out by, besides what it is like anyway. */
async function block(rules: string): Promise<void> {
  const ruleset = `table inet walls
delete table inet walls
table inet walls { chain forward { type filter hook forward priority -10
${rules}
}
}
`
  await centre.lab.host('aruba-nat').must(['nft', '-f', '-'], { input: ruleset })
}

const reachesService = async () =>
  (await machine.run(['ping', '-c1', '-i0.2', '-w10', ce])).code === 0
const traces = async () =>
  await machine.must([
    'sh',
    '-c',
    'ip -o link; pgrep -a "openvpn|wireguard|ping"; ls /run/dynfarm/node',
  ])

test('where nothing at all comes through, nor an answer of the server, it is to be tried again later', async () => {
  await giveToken(centre, machine)
  await block('ip daddr 203.0.113.0/26 drop')
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 75 })
  expect(stderr).toContain('203.0.113.12')
  expect(await stateOf(machine)).toEqual(before)
})

test('where no rung carries traffic, the machine is as it was, and is told why', async () => {
  await block('ip daddr 203.0.113.10 drop')
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 71 })
  for (const rung of ['wg', 'udp', 'tcp'])
    expect(stderr).toContain(`rung "${rung}": "10.200.0.1" did not answer`)
  expect(await stateOf(machine)).toEqual(before)
})

test('a network of the machine that is one of the centre’s is refused by name, with nothing changed', async () => {
  await machine.must(['ip', 'route', 'add', '192.0.2.0/25', 'via', '10.1.0.1'])
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 77 })
  expect(stderr).toContain(
    'the route to "192.0.2.0/25" overlaps with "192.0.2.22/32" of the centre (service "ce")',
  )
  await machine.must(['ip', 'route', 'del', '192.0.2.0/25'])
  expect(await stateOf(machine)).toEqual(before)
  // A boot would cut it off from its own network.
  expect((await machine.run(['ls', '/var/lib/dynfarm/node/closed.batch'])).code).toBe(2)
})

test('where WireGuard is not let out, OpenVPN is taken, and nothing is left of the other', async () => {
  await block('udp dport 51820 drop')
  const joined = await centre.json('aruba-a', ['join'])
  expect(joined).toMatchObject({ rung: 'udp', state: 'ready', earlier: [{ rung: 'wg' }] })
  expect(await reachesService()).toBe(true)
  expect(await traces()).not.toMatch(/wg|wireguard/)
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ changed: false, rung: 'udp' })
})

test('where udp is not let out, the tunnel goes over tcp', async () => {
  await block('meta l4proto udp drop')
  const joined = await centre.json('aruba-a', ['join'])
  expect(joined).toMatchObject({
    rung: 'tcp',
    state: 'ready',
    earlier: ['wg', 'udp'].map((rung) => ({
      ...{ rung, why: `"10.200.0.1" did not answer through "tun-${rung}"` },
    })),
  })
  expect(await reachesService()).toBe(true)
  expect(await traces()).not.toMatch(/wg|udp/)
})

test('where nothing but a proxy is let out, server and tunnel are reached through it', async () => {
  await centre.dynfarm('aruba-a', ['leave'])
  const proxy = centre.lab.host('internet').spawn([process.execPath, fixture('connect-proxy.ts')])
  let said = ''
  proxy.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  await until(async () => said.includes('ready'))
  await block('ip daddr 203.0.113.0/26 drop')
  await giveToken(centre, machine, { more: 'proxy: http://198.51.100.1:3128\n' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ rung: 'tcp', state: 'ready' })
  expect(await reachesService()).toBe(true)
  expect(said).toContain('203.0.113.12:8443')
  expect(said).toContain('203.0.113.10:443')
})

test('where only small packets pass, the tunnel has their size', async () => {
  await centre.dynfarm('aruba-a', ['down'])
  await block('udp length > 1250 drop')
  await machine.must(['sed', '-i', '/proxy/d', '/etc/dynfarm/join.yaml'])
  await machine.must(['sed', '-i', '/"proxy"/d', '/var/lib/dynfarm/node/config.json'])
  const { mtu, rung } = await centre.json('aruba-a', ['join'])
  expect(rung).toBe('wg')
  expect(mtu).toBeGreaterThan(1150)
  expect(mtu).toBeLessThan(1250)
  expect(await machine.must(['ip', 'route', 'show', ce])).toContain(`mtu lock ${mtu}`)
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ changed: false, mtu })
})

test('a tunnel that becomes one of the other kind under its name leaves nothing of the one before', async () => {
  const hub = centre.lab.host('hub1')
  const become = async (wg: object, process: string) => {
    const tunnels = { ...centreYaml.tunnels, wg }
    const server = centre.lab.host('server')
    await server.write('/etc/dynfarm/centre.yaml', stringify({ ...centreYaml, tunnels }))
    expect(await centre.dynfarm('server', ['reload'])).toMatchObject({ code: 0 })
    await until(async () => (await hub.run(['pgrep', '-f', process])).code === 0)
    expect(await centre.json('aruba-a', ['join'])).toMatchObject({ rung: 'wg', state: 'ready' })
    expect(await reachesService()).toBe(true)
  }
  await become({ kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1195 }, 'openvpn.*/wg/')
  expect(await traces()).not.toContain('wireguard')
  await become(centreYaml.tunnels.wg, 'wireguard-go tun-wg')
  expect(await traces()).not.toContain('openvpn')
})
