import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import {
  type Centre,
  giveToken,
  joinService,
  startCentre,
  startServer,
  stateOf,
  watched,
} from './centre.ts'

const ce = '192.0.2.22'

let centre: Centre
let machine: LabHost
let before: Record<string, string>

beforeAll(async () => {
  centre = await startCentre()
  machine = centre.lab.host('aruba-a')
})

afterAll(async () => {
  await centre?.stop()
})

const reaches = async (host: LabHost, address: string, seconds = 10) =>
  (await host.run(['ping', '-c1', '-i0.2', `-w${seconds}`, address])).code === 0

test('the host of a service joins, and again finds nothing to do', async () => {
  expect(await joinService(centre)).toMatchObject({ code: 0 })
  const again = await centre.json('ce', ['join'])
  expect(again).toMatchObject({ role: 'service', name: 'ce', state: 'ready', changed: false })
})

test('a machine behind a NAT joins, and the service and it reach each other', async () => {
  before = await stateOf(machine)
  await giveToken(centre, machine)
  const written = await machine.read('/etc/dynfarm/join.yaml')
  const dry = await centre.json('aruba-a', ['join', '--dry-run'])
  expect(dry).toMatchObject({ by: 'token', asks: ['https://203.0.113.12:8443'] })
  expect(await stateOf(machine)).toEqual(before)
  expect(await machine.read('/etc/dynfarm/join.yaml')).toBe(written)
  expect((await machine.run(['test', '-e', '/var/lib/dynfarm/node'])).code).toBe(1)
  const joined = await centre.json('aruba-a', ['join'])
  expect(joined).toMatchObject({ state: 'ready', rung: 'wg', mtu: 1420, earlier: [], problems: [] })
  expect(await reaches(machine, ce)).toBe(true)
  expect(await reaches(centre.lab.host('ce'), 'aruba-1.farm.example.org')).toBe(true)
  expect(await machine.read('/etc/dynfarm/join.yaml')).toBe(
    '# by hand\nservers: [https://203.0.113.12:8443]\ndeadline: 1s # soon\n',
  )
})

test('only the centre goes through the tunnel', async () => {
  const after = await stateOf(machine)
  const foreign = (routes = '') =>
    routes.split('\n').filter((line) => !/proto 177|metric 4273|dev tun-wg/.test(line))
  expect(foreign(after['routes'])).toEqual(foreign(before['routes']))
  expect((await machine.must(['ip', 'route', 'show', 'default'])).trim()).not.toContain('tun')
  expect(await machine.read('/etc/resolv.conf')).toBe('nameserver 127.0.0.1\n')
})

test('status tells of routes and guards that others took away or went before', async () => {
  const status = async (host: string) =>
    JSON.parse((await centre.dynfarm(host, ['status', '--json'])).stdout)
  const isWell = { state: 'ready', problems: [] }
  expect(await status('aruba-a')).toMatchObject(isWell)
  await machine.must(['ip', 'rule', 'add', 'to', '192.0.2.0/24', 'lookup', '99', 'pref', '100'])
  await machine.must(['ip', 'route', 'add', '192.0.2.0/24', 'dev', 'eth0', 'table', '99'])
  const elsewhere = `"${ce}" (service "ce") is led to "eth0" by table "99", not to "tun-wg"`
  expect(await status('aruba-a')).toMatchObject({
    ...{ state: 'degraded', tunnel: { answers: true } },
    problems: [{ step: 'routes', message: elsewhere }],
  })
  await machine.must(['ip', 'rule', 'del', 'pref', '100'])
  await machine.must(['ip', 'route', 'flush', 'table', '99'])
  await machine.must(['ip', 'route', 'del', ce, 'dev', 'tun-wg'])
  expect(await status('aruba-a')).toMatchObject({
    ...{ state: 'degraded', tunnel: { answers: true } },
    problems: [{ message: `"${ce}" (service "ce") has no route; "dynfarm join" puts that right` }],
  })
  const service = centre.lab.host('ce')
  expect(await status('ce')).toMatchObject(isWell)
  await service.must(['nft', 'flush', 'ruleset'])
  expect(await status('ce')).toMatchObject({
    ...{ state: 'degraded', links: [{ answers: true }] },
    problems: [{ step: 'links', message: expect.stringContaining('guard what dynfarm makes') }],
  })
  for (const host of ['aruba-a', 'ce']) {
    await centre.json(host, ['join'])
    expect(await status(host)).toMatchObject(isWell)
  }
})

test('joining again changes nothing and says so', async () => {
  const kept = () => machine.must(['sh', '-c', 'sha256sum /var/lib/dynfarm/node/*.*'])
  const now = { ...(await stateOf(machine)), kept: await kept() }
  const { code, stdout, stderr } = await centre.dynfarm('aruba-a', ['join', '--json'])
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('nothing to do'),
  })
  expect(JSON.parse(stdout)).toMatchObject({ changed: false, rung: 'wg' })
  const { by, steps } = await centre.json('aruba-a', ['join', '--dry-run'])
  expect({ by, steps }).toEqual({ by: 'identity', steps: [expect.stringMatching(/^ping /)] })
  expect({ ...(await stateOf(machine)), kept: await kept() }).toEqual(now)
})

test('its status says what it is on', async () => {
  expect(await centre.json('aruba-a', ['status'])).toMatchObject({
    name: 'aruba-1',
    state: 'ready',
    tunnel: { rung: 'wg', answers: true, handshake: expect.any(Number) },
  })
})

test('a wireguard-go that was killed is begun anew', async () => {
  await machine.must(['pkill', '-KILL', '-x', 'wireguard-go'])
  await watched(centre, { name: 'aruba-a', device: 'tun-wg' }, () => reaches(machine, ce, 1))
})

test('without its tunnel the service is out of reach rather than reached in clear', async () => {
  // It would join again by itself.
  await machine.must(['pkill', '-F', '/run/dynfarm/node/keepalive.pid'])
  await machine.must(['ip', 'link', 'del', 'tun-wg'])
  expect((await machine.run(['ip', 'route', 'get', ce])).stderr).toContain('No route to host')
  const { code, stdout } = await centre.dynfarm('aruba-a', ['status', '--json'])
  expect({ code, tunnel: JSON.parse(stdout).tunnel }).toEqual({ code: 4, tunnel: null })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', changed: true })
  expect(await reaches(machine, ce)).toBe(true)
})

test('after a reboot the way to the centre is closed before there is a network', async () => {
  await centre.kill('server', 'serve')
  await centre.lab.reboot('aruba-a')
  expect(await machine.must(['ip', 'route', 'get', ce])).toContain('dev eth0')
  await machine.must(['sh', '-c', closingAtBoot])
  await networkdSetsUpALink()
  expect((await machine.run(['ip', 'route', 'get', ce])).stderr).toContain('No route to host')
  await machine.must(['sh', '-c', closingAtBoot])
  expect(await centre.json('aruba-a', ['down'])).toMatchObject({ name: 'aruba-1', changed: false })
})

/** What the unit runs. */
const unit = join(import.meta.dirname, '../../../configs/systemd/dynfarm-closed.service')
const [, closingAtBoot = ''] = /^ExecStart=(.*)$/m.exec(readFileSync(unit, 'utf8')) ?? []

/** Which makes it remove what others set without a device, as it does at every boot. */
async function networkdSetsUpALink(): Promise<void> {
  // Where /sys cannot be written to it does not wait for udev.
  const script = `mount --bind /sys /sys; mount -o remount,bind,ro /sys
    wait_for() { for _ in $(seq 200); do eval "$1" && return; sleep 0.1; done; exit 1; }
    ip route add unreachable 203.0.113.200 proto 177
    install -d /run/systemd/network
    printf '[Match]\\nName=hot0\\n[Network]\\nAddress=10.77.0.1/24\\n' >/run/systemd/network/1.network
    /lib/systemd/systemd-networkd 2>/dev/null & daemon=$!
    wait_for 'test -s /run/systemd/netif/links/2'
    ip link add hot0 type veth peer name hot1 && ip link set hot1 up
    wait_for 'test -z "$(ip route show proto 177)"'
    wait_for 'ip addr show hot0 | grep -q 10.77.0.1'
    kill $daemon; wait $daemon; ip link del hot0`
  await machine.must(['unshare', '--mount', 'sh', '-c', script])
}

test('a machine that reboots without the server comes back by what it kept', async () => {
  const joined = await centre.json('aruba-a', ['join'])
  expect(joined).toMatchObject({ state: 'ready', server: 'away', rung: 'wg', name: 'aruba-1' })
  expect(await reaches(machine, ce)).toBe(true)
  await startServer(centre)
})

test('down takes the tunnel, keeps the identity, and closes the way to the centre', async () => {
  expect(await centre.json('aruba-a', ['down'])).toMatchObject({ name: 'aruba-1', changed: true })
  expect(await centre.json('aruba-a', ['down'])).toMatchObject({ changed: false })
  expect((await machine.run(['ip', 'route', 'get', ce])).stderr).toContain('No route to host')
  expect((await machine.run(['pgrep', '-a', 'wireguard-go|ping'])).stdout).toBe('')
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'aruba-1', state: 'ready' })
})

test('leave makes the machine what it was', async () => {
  const written = await machine.read('/etc/dynfarm/join.yaml')
  const aside = { from: '/etc/dynfarm/join.yaml', to: '/etc/dynfarm/join.yaml.left' }
  const left = { name: 'aruba-1', problems: [], aside }
  expect(await centre.json('aruba-a', ['leave'])).toEqual(left)
  expect(await stateOf(machine)).toEqual(before)
  expect(await machine.read(aside.to)).toBe(written)
  expect((await machine.run(['ls', aside.from])).code).toBe(2)
  expect((await centre.dynfarm('aruba-a', ['status'])).code).toBe(3)
  expect((await centre.dynfarm('aruba-a', ['leave'])).code).toBe(3)
  expect((await machine.run(['ls', '/var/lib/dynfarm/node'])).stdout).toBe('apply\n')
})

test('the slot rests, and another machine gets another one', async () => {
  await giveToken(centre, machine)
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'aruba-2', rung: 'wg' })
})

const status = async (host: string) => {
  const { code, stdout } = await centre.dynfarm(host, ['status', '--json'])
  return { code, ...JSON.parse(stdout) }
}

test('the host of a service says whether its hub answers', async () => {
  const link = { hub: 'hub1', device: 'vxl-hub1' }
  expect(await status('ce')).toMatchObject({ code: 0, links: [{ ...link, answers: true }] })
  await centre.json('ce', ['down'])
  expect(await status('ce')).toMatchObject({ code: 4, links: [{ ...link, answers: false }] })
  await centre.json('ce', ['join'])
})

test('the host of a service leaves', async () => {
  const host = centre.lab.host('ce')
  expect(await centre.json('ce', ['leave'])).toMatchObject({ name: 'ce', problems: [] })
  expect(await host.must(['sh', '-c', 'ip -o link; nft list ruleset; cat /etc/hosts'])).not.toMatch(
    /hub1:|dynfarm|aruba-1\./,
  )
})

test('a hub says whether it runs, whoever enrolled it', async () => {
  const hub = { role: 'hub', name: 'hub1' }
  expect(await status('hub1')).toMatchObject({ ...hub, code: 0, runs: true })
  await centre.kill('hub1', 'hub')
  expect(await status('hub1')).toMatchObject({ ...hub, code: 4, runs: false })
})
