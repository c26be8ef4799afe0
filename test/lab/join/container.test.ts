import { X509Certificate } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { LabHost } from '../lib/lab-host.ts'
import { type Centre, joinService, startCentre, stateOf, until, watched } from './centre.ts'

/*
 * A machine that is a container: no systemd, its hosts and resolv.conf put there by mounts, /sys and /proc/sys
 * read-only. Its join.yaml comes by user-data. Its hub, too, got its identity by a join.
 */

const ce = '192.0.2.22'
const profile = '/etc/dynfarm/sites/aruba.yaml'
const secretOfSite = 'farm-key-of-aruba'
let centre: Centre
let machine: LabHost
let before: Record<string, string>
let userData: string

beforeAll(async () => {
  const secret = { path: '/etc/farm.key', content: secretOfSite, secret: true, mode: '0400' }
  const files = [{ path: '/etc/farm', content: 'x' }, secret]
  const site = { tunnels: ['udp'], try: '4s', hostname: 'set', files, certificates: '30s' }
  centre = await startCentre({ site, hubJoins: true })
  machine = centre.lab.host('aruba-a')
  await machine.must(['sh', '-eu', '-c', likeAContainer])
  before = await stateOf(machine)
})

afterAll(async () => {
  await centre?.stop()
})

const likeAContainer = `
for name in hosts resolv.conf; do
  cp "/etc/$name" "/run/$name"
  mount --bind "/run/$name" "/etc/$name"
done
mount -o remount,bind,ro /sys
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
`

const certificate = async () =>
  JSON.parse(await machine.read('/var/lib/dynfarm/node/config.json')).answer.certificate
const reachesService = async () =>
  (await machine.run(['ping', '-c1', '-i0.2', '-w10', ce])).code === 0

test('user-data of the server is all that it takes to join', async () => {
  await joinService(centre)
  ;({ userData } = await centre.json('server', ['cloud-init', '--site', 'aruba']))
  for (const { path, permissions, content } of parse(userData).write_files) {
    await machine.must(['install', '-D', '-m', permissions, '/dev/null', path])
    await machine.write(path, content)
  }
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', rung: 'udp' })
  expect(await reachesService()).toBe(true)
  expect(await machine.read('/etc/hosts')).toContain('aruba-1.farm.example.org')
  expect(await machine.read('/etc/dynfarm/join.yaml')).not.toContain('token')
})

test('a certificate of which two thirds are over is renewed, and the tunnel lives by the new one', async () => {
  const former = await certificate()
  const server = centre.lab.host('server')
  await server.must(['sed', '-i', 's/^certificates: .*/certificates: 5y/', profile])
  await centre.json('server', ['reload'])
  const due = Date.parse(new X509Certificate(former).validTo) - 9500
  await until(async () => Date.now() > due)
  const joined = await centre.json('aruba-a', ['join'])
  expect(joined).toMatchObject({ state: 'ready', name: 'aruba-1', server: 'answered' })
  expect(await certificate()).not.toBe(former)
  expect(await reachesService()).toBe(true)
  await centre.json('aruba-a', ['down'])
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready' })
  expect(await reachesService()).toBe(true)
})

test('an ordinary user finds no key, token or secret file of the machine', async () => {
  const [, key = ''] = (await machine.read('/var/lib/dynfarm/node/key.pem')).split('\n')
  const wireguard = (await machine.read('/var/lib/dynfarm/node/wireguard.key')).trim()
  const [token = ''] = /dft[0-9A-Za-z]+/.exec(userData) ?? []
  await machine.write('/tmp/patterns', [key, wireguard, token, secretOfSite].join('\n'))
  const script = `cd /; { grep -rlsFf - etc var/lib/dynfarm home root run
    for file in /proc/[0-9]*/environ /proc/[0-9]*/cmdline; do grep -lsFf /tmp/patterns $file; done; } </tmp/patterns | sort; :`
  const find = async (ordinary: boolean) =>
    (await machine.run(['sh', '-c', script], { ordinary })).stdout
  expect((await find(false)).split('\n')).toEqual([
    'etc/farm.key',
    ...['config-copy.json', 'config.json', 'identity.json', 'key.pem', 'wireguard.key'].map(
      (n) => `var/lib/dynfarm/node/${n}`,
    ),
    '',
  ])
  expect(await find(true)).toBe('')
})

test('joining again changes nothing', async () => {
  // The kernel gives a device its own address a moment after it is up.
  const own = ['ip', '-6', '-brief', 'address', 'show', 'dev', 'tun-udp']
  await until(async () => (await machine.must(own)).includes('fe80:'))
  const now = await stateOf(machine)
  const lasting = await certificate()
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', changed: false })
  expect(await stateOf(machine)).toEqual(now)
  expect(await certificate()).toBe(lasting)
})

test('an OpenVPN that was killed is begun anew, with nobody else to do so', async () => {
  await machine.must(['pkill', '-KILL', '-F', '/run/dynfarm/node/udp/pid'])
  await watched(centre, { name: 'aruba-a', device: 'tun-udp' }, reachesService)
})

test('a join while the hub cannot be reached leaves the tunnel that stands, which comes back by itself', async () => {
  const nat = centre.lab.host('aruba-nat')
  await machine.must(['sh', '-c', 'echo "deadline: 1s" >>/etc/dynfarm/join.yaml'])
  const routes = async () => (await machine.must(['ip', '-4', 'route'])).replaceAll(' linkdown', '')
  const standing = await routes()
  const hook = 'type filter hook forward priority -10'
  await nat.must([
    'nft',
    `table inet walls { chain forward { ${hook}; ip daddr 203.0.113.10 drop; }; }`,
  ])
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 71 })
  expect(stderr).toContain('rung "udp" does no longer: "10.200.0.1" did not answer')
  expect(await routes()).toBe(standing)
  await nat.must(['nft', 'delete', 'table', 'inet', 'walls'])
  await until(reachesService)
  await machine.must(['pgrep', '-F', '/run/dynfarm/node/keepalive.pid'])
})

test('leave makes it the container that it was', async () => {
  expect(await centre.json('aruba-a', ['leave'])).toMatchObject({ problems: [] })
  expect(await stateOf(machine)).toEqual(before)
  expect((await machine.must(['findmnt', '-n', '/etc/hosts'])).trim()).not.toBe('')
})

test('a hub that joined stays the hub it is', async () => {
  const again = await centre.json('hub1', ['join'])
  expect(again).toMatchObject({ role: 'hub', name: 'hub1', state: 'ready', changed: false })
})
