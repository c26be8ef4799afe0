import { expect, test } from 'vitest'
import { planMounts, planSettings } from './lib/disk.ts'
import { planAddresses, planCables, planSwitches, planUnplugging } from './lib/fabric.ts'
import { parseMark } from './lib/process-mark.ts'
import { buildScenario } from './lib/scenarios.ts'
import { addressesSeenFrom, type HostSpec, type Topology } from './lib/topology.ts'

const hub: HostSpec = {
  name: 'hub',
  domain: 'example.org',
  forwards: true,
  ports: [
    { device: 'eth0', segment: 'outside', addresses: ['203.0.113.10/26', '2001:db8:1::10/64'] },
    { device: 'eth1', segment: 'inside', addresses: ['192.0.2.10/24'] },
  ],
  routes: [{ to: 'default', via: '203.0.113.1' }],
}
const ce: HostSpec = {
  name: 'ce',
  domain: 'example.org',
  ports: [{ device: 'eth0', segment: 'inside', addresses: ['192.0.2.22/24'] }],
}
const far: HostSpec = {
  name: 'far',
  domain: 'example.net',
  ports: [{ device: 'eth0', segment: 'far', addresses: ['198.51.100.9/24'] }],
}
const topology: Topology = {
  segments: [{ name: 'outside', public: true, mtu: 1400 }, { name: 'inside' }, { name: 'far' }],
  hosts: [ce, hub, far],
}

test('switches and cables', () => {
  expect([...planSwitches(topology), ...planCables(topology, hub, 4711)]).toEqual([
    'link add outside type bridge',
    'link set outside up mtu 1400',
    'link add inside type bridge',
    'link set inside up',
    'link add far type bridge',
    'link set far up',
    'link add h1p0 mtu 1400 type veth peer name eth0 mtu 1400 address 02:00:00:00:01:00 netns 4711',
    'link set h1p0 master outside up',
    'link add h1p1 type veth peer name eth1 address 02:00:00:00:01:01 netns 4711',
    'link set h1p1 master inside up',
  ])
  expect(planUnplugging(topology, hub)).toEqual(['link delete h1p0', 'link delete h1p1'])
})

test('what a host does at boot', () => {
  expect(planAddresses(hub)).toEqual([
    'link set lo up',
    'link set eth0 up',
    'address add 203.0.113.10/26 dev eth0',
    'address add 2001:db8:1::10/64 dev eth0 nodad',
    'link set eth1 up',
    'address add 192.0.2.10/24 dev eth1',
    'route add default via 203.0.113.1',
  ])
  expect(planSettings(hub).content).toContain('net/ipv4/ip_forward 1\n')
  expect(planSettings(ce).content).toContain('net/ipv4/ip_forward 0\n')
})

test('mounts take a path with a space', () => {
  const path = '/run/labs/test.1.2.3'
  const folder = { path, name: 'test', owner: { pid: 1, start: '2' }, disk: `${path}/disk` }
  const { content } = planMounts(folder, 'ce', '/home/my project')
  expect(content.trim().split('\n').at(-1)).toBe(
    '/home/my\\040project /run/labs/test.1.2.3/disk/ce/root/home/my\\040project none rbind,ro,X-mount.mkdir 0 0',
  )
})

test('names resolve as the place one asks from makes them', () => {
  expect(addressesSeenFrom(topology, ce, hub)).toEqual(['192.0.2.10'])
  expect(addressesSeenFrom(topology, far, hub)).toEqual(['203.0.113.10', '2001:db8:1::10'])
  expect(addressesSeenFrom(topology, far, ce)).toEqual([])
})

test('500 machines have names and addresses of their own', () => {
  const { hosts } = buildScenario('aruba', { machines: 500 })
  const addresses = hosts.flatMap((host) => host.ports.flatMap((port) => port.addresses))
  expect(new Set(addresses).size).toBe(addresses.length)
  expect(new Set(hosts.map((host) => host.name)).size).toBe(hosts.length)
  expect(hosts.at(-1)).toMatchObject({
    name: 'aruba-sf',
    ports: [{ addresses: ['10.1.5.244/16'] }],
  })
})

test.each([
  ['boot 17 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20', '17 4242'],
  ['boot 17 (a) b) S) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20', '17 4242'],
  ['boot 17 (sh) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4242 20', ''],
  ['boot 17 (sh) S 1 2', ''],
  ['', ''],
])('the mark in %j', (line, wanted) => {
  const mark = parseMark(line)
  expect(mark === undefined ? '' : `${mark.pid} ${mark.start}`).toBe(wanted)
})
