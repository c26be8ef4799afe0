import { expect, test } from 'vitest'
import { beforeTests, patience } from './begun.ts'
import { borrow, joinEnded, moveTo } from './borrowed.ts'
import type { Centre } from './centre.ts'
import { watchRouter } from './clear-text.ts'
import { lendTo } from './jobs.ts'
import type { Machine } from './machine.ts'
import { tracesOf } from './traces.ts'
import { echo, echoes, reaches } from './ways.ts'

let centre: Centre
let hub: Machine
let node: Machine

beforeTests(async (farm, begun) => {
  centre = begun
  hub = centre.hub
  node = borrow(farm, await centre.token('--site', 'aruba', '--class', 'worker'))
  await node.booted()
})

test('a machine is switched on and becomes ready, with nothing typed', patience, async () => {
  expect(await joinEnded(node)).toBe('active')
  expect(await status()).toMatchObject({ state: 'ready', tunnel: { rung: 'wg' } })
  expect(await node.must(['ip', '-d', 'link', 'show', 'tun-wg'])).toContain('wireguard')
  expect(await nodes('aruba')).toEqual(['ready wg'])
  expect(await node.must(['cat', '/etc/dynfarm/join.yaml'])).not.toContain('token')
})

test('its units are in order', patience, async () => {
  for (const machine of [hub, node]) {
    await machine.sh('systemd-analyze verify --man=no /usr/lib/systemd/system/dynfarm-*')
    expect(await machine.sh('journalctl --boot _PID=1 | grep -i "ordering cycle" || :')).toBe('')
    expect(await machine.sh('systemctl --failed --quiet --plain')).toBe('')
  }
  expect(await hub.must(['ps', '-o', 'user=', '-C', 'MainThread'])).toMatch(/^dynfarm$/m)
  const links = await hub.must(['ip', '-d', '-br', 'link'])
  expect(links).toContain('gre-lsf')
  expect(links).toContain('gre-ce')
})

test('master and node open connections to each other by name', patience, async () => {
  await bothWays('aruba-1')
  await echoes(node, 'squid.aruba.example', 3128)
})

test('another one behind the same NAT becomes ready beside it', patience, async () => {
  await centre.joinNode('aruba-b', 'aruba')
  await bothWays('aruba-1')
  await centre.must('ce', ['ping', '-q', '-c1', '-i0.5', '-w500', 'aruba-2.farm.example.org'])
  expect(await nodes('aruba')).toEqual(['ready wg', 'ready wg'])
})

test('packets as large as was probed pass whole, and no larger ones', patience, async () => {
  const { mtu } = (await status()).tunnel
  const ping = (bytes: number) => ['ping', '-Mdo', '-c1', '-w9', '-s', String(bytes - 28)]
  const to = { node: 'aruba-1.farm.example.org', ce: 'ce01.example.org' }
  expect((await centre.run('lsf', [...ping(mtu), to.node])).code).toBe(0)
  expect((await node.run([...ping(mtu), to.ce])).code).toBe(0)
  expect((await node.run([...ping(mtu + 1), to.ce])).stderr).toContain('message too long')
})

test('restarting the hub drops no packet', patience, async () => {
  const [counted] = await Promise.all([
    centre.must('lsf', ['ping', '-q', '-i0.2', '-c100', 'aruba-1.farm.example.org']),
    hub.must(['systemctl', 'restart', 'dynfarm-hub']),
  ])
  expect(counted).toContain('100 received')
})

test(
  'a hub that crashes comes back by itself, one without a configuration does not',
  patience,
  async () => {
    await hub.must(['systemctl', 'kill', '--signal=KILL', 'dynfarm-hub', 'dynfarm-server'])
    await hub.sh(
      'echo "centre: [" >>/etc/dynfarm/centre.yaml; systemctl restart dynfarm-server || :',
    )
    const show = ['systemctl', 'show', '--property', 'ExecMainStatus,NRestarts', '--value']
    expect(await hub.must([...show, 'dynfarm-server'])).toBe('0\n78\n')
    await hub.sh('sed -i "$ d" /etc/dynfarm/centre.yaml; systemctl restart dynfarm-server')
    await hub.sh('until systemctl is-active dynfarm-hub; do sleep 1; done')
    await reaches(node, 'ce01.example.org')
  },
)

test('a check that fails makes the unit fail, and the timer mends it', patience, async () => {
  await hub.must(['systemctl', 'stop', 'scene-host@squid'])
  expect((await node.run(['systemctl', 'restart', 'dynfarm-join'])).code).toBe(1)
  const property = ['systemctl', 'show', '--value', '--property', 'ExecMainStatus', 'dynfarm-join']
  expect(await node.must(property)).toBe('71\n')
  await reaches(node, 'ce01.example.org')
  expect(await nodes('aruba')).toContain('failed wg')
  await hub.must(['systemctl', 'start', 'scene-host@squid'])
  expect(await node.must(['systemctl', 'is-active', 'dynfarm-join.timer'])).toBe('active\n')
  await node.must(['systemctl', 'start', 'dynfarm-rejoin'])
  expect(await nodes('aruba')).toEqual(['ready wg', 'ready wg'])
})

test('without the server, the hub reboots and the node is back', patience, async () => {
  await hub.must(['systemctl', 'disable', '--now', 'dynfarm-server'])
  await hub.reboot()
  await reaches(node, 'ce01.example.org')
  await bothWays('aruba-1')
})

test(
  'without the server, the node reboots and is back, and nothing was in clear meanwhile',
  patience,
  async () => {
    const seen = await watchRouter(hub)
    await node.reboot()
    expect(await joinEnded(node)).toBe('active')
    await bothWays('aruba-1')
    await hub.must(['systemctl', 'enable', '--now', 'dynfarm-server'])
    const { services, other } = await seen()
    expect(services).toBe(0)
    expect(other).toBeGreaterThan(5)
  },
)

test('stopping the unit takes the tunnel down and keeps who the node is', patience, async () => {
  await node.must(['systemctl', 'stop', 'dynfarm-join'])
  expect(await node.must(['ip', 'route', 'show', '192.0.2.22'])).toContain('unreachable')
  const units = await node.must(['systemctl', 'list-units', '--plain', '--quiet', 'dynfarm-*'])
  expect(units).not.toMatch(/keepalive|tunnel|timer/)
  await node.must(['systemctl', 'start', 'dynfarm-join'])
  expect(await status()).toMatchObject({ name: 'aruba-1', state: 'ready' })
})

test('a node that leaves has nothing left, and no unit joins it again', patience, async () => {
  await node.must(['dynfarm', 'leave'])
  expect(await tracesOf(node)).toEqual([])
  await node.must(['systemctl', 'start', 'dynfarm-rejoin'])
  await node.must(['systemctl', 'restart', 'dynfarm-join'])
  expect((await node.run(['dynfarm', 'status'])).code).toBe(3)
  expect(await node.must(['cat', '/etc/dynfarm/join.yaml.left'])).toContain('servers:')
})

test(
  'a job without root has a network of its own, and its services where namespaces are switched off',
  patience,
  async () => {
    const jobs = await lendTo(
      node,
      await centre.token('--site', 'aruba', '--role', 'job', '--uses', '2'),
    )
    const job = echo('ce01.example.org', 9618)
    expect(await jobs.run(job)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('mode "ns"'),
    })
    await node.must(['sysctl', '-w', 'user.max_user_namespaces=0'])
    const { code, stderr } = await jobs.run(job)
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain('user namespaces: switched off: "user.max_user_namespaces" is 0')
    expect(stderr).toMatch(/mode "socks" by "socks"/)
  },
)

test('the same with an address of its own, one tunnel and more services', patience, async () => {
  await moveTo(node, 'openstack', await centre.token('--site', 'openstack'))
  await node.reboot()
  expect(await joinEnded(node)).toBe('active')
  expect(await status()).toMatchObject({ name: 'openstack-1', tunnel: { rung: 'udp' } })
  expect(await node.must(['systemctl', 'is-active', 'dynfarm-tunnel-udp'])).toBe('active\n')
  await bothWays('openstack-1')
  await echoes(node, 'argus01.example.org', 8154)
  await node.must(['dynfarm', 'leave'])
  expect(await tracesOf(node)).toEqual([])
})

async function bothWays(name: string): Promise<void> {
  await reaches(node, 'ce01.example.org')
  await echoes(node, 'ce01.example.org', 9618)
  await centre.must('lsf', echo(`${name}.farm.example.org`, 6882))
}

// biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
async function status(): Promise<any> {
  return JSON.parse((await node.run(['dynfarm', 'status', '--json'])).stdout)
}

async function nodes(site: string): Promise<string[]> {
  const list = await hub.must(['dynfarm', 'node', 'list', '--site', site, '--json'])
  return list
    .trim()
    .split('\n')
    .map((line) => {
      const { state, rung } = JSON.parse(line)
      return `${state} ${rung}`
    })
}
