import { afterAll, beforeAll, expect, test } from 'vitest'
import { killGroup, type LabHost } from '../lib/lab-host.ts'
import { type Centre, fixture, giveToken, startCentre, stateOf, until } from './centre.ts'

/* Machines that are in a bad way, as somebody's who lends them may be. */

const anna = `ssh-ed25519 ${'AAAAC3NzaC1lZDI1NTE5AAAAIB'.padEnd(68, 'x')}`
const keyFile = '/root/.ssh/authorized_keys'
let centre: Centre
let machine: LabHost
let other: LabHost
let before: Record<string, string>

beforeAll(async () => {
  const strange = { path: '/etc/farm/x', content: 'x', owner: 'nobody-knows' }
  centre = await startCentre({
    machines: 2,
    centre: { admins: { anna: { key: 'anna.pub' } } },
    files: { 'anna.pub': `${anna} anna\n` },
    site: { tunnels: ['udp'], try: '3s' },
    sites: {
      held: { nodes: '10.200.2.0/24', clones: 'pending' },
      strange: { nodes: '10.200.3.0/24', files: [strange] },
      proxied: { nodes: '10.200.4.0/24', tunnels: ['tcp'] },
      timed: { nodes: '10.200.5.0/24', tunnels: ['wg'] },
      far: { nodes: '10.200.6.0/24', try: '20s' },
      brief: { nodes: '10.200.7.0/24', tunnels: ['wg'], certificates: '3s' },
    },
  })
  machine = centre.lab.host('aruba-a')
  other = centre.lab.host('aruba-b')
  before = await stateOf(machine)
})

afterAll(async () => {
  await centre?.stop()
})

const leave = async () => {
  expect(await centre.json('aruba-a', ['leave'])).toMatchObject({ problems: [] })
  expect(await stateOf(machine)).toEqual(before)
}

test('a rule of the machine’s that leads past the main table is named, and nothing goes out in clear', async () => {
  const steps = [
    'ip rule add priority 100 lookup 100; ip route add default via 10.1.0.1 table 100',
    'ip route flush table 100; ip rule del priority 100',
  ] as const
  await giveToken(centre, machine)
  await machine.must(['sh', '-ec', steps[0]])
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 77 })
  expect(stderr).toContain('"192.0.2.22" (service "ce") is led to "eth0" by table "100"')
  expect(stderr).toContain('have no rule ("ip rule") ask that table before the main one')
  await machine.must(['sh', '-ec', steps[1]])
  expect(await stateOf(machine)).toEqual(before)
})

test('a VPN that takes the default route and leaves the main table its own is none such', async () => {
  const steps = [
    'ip link add vpn0 type veth peer name vpn1; ip link set vpn0 up; ip link set vpn1 up',
    'ip route add default dev vpn0 table 51820; ip route add 203.0.113.0/24 via 10.1.0.1',
    'ip rule add not fwmark 51820 table 51820; ip rule add table main suppress_prefixlength 0',
  ]
  await machine.must(['sh', '-ec', steps.join('; ')])
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', rung: 'udp' })
  await centre.json('aruba-a', ['down'])
  const back = `ip rule del table main suppress_prefixlength 0; ip rule del not fwmark 51820
    ip route del 203.0.113.0/24; ip link del vpn0`
  await machine.must(['sh', '-ec', back])
  await leave()
})

test('a token in a file that cannot be written was used all the same', async () => {
  await giveToken(centre, machine)
  const file = '/etc/dynfarm/join.yaml'
  await machine.must(['mount', '--bind', file, file])
  await machine.must(['mount', '-o', 'remount,bind,ro', file])
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stderr).toContain(`the token that was used stays where it is: "write ${file}`)
  expect(stderr).toContain('read-only file system')
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ changed: false })
  await machine.must(['umount', file])
  await leave()
})

test('administrators can log in to a machine that a file of its site is not for', async () => {
  await giveToken(centre, machine, { site: 'strange' })
  const { code, stdout } = await centre.dynfarm('aruba-a', ['join', '--json'])
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({
    code: 71,
    state: 'failed',
    problems: [{ code: 'file-refused', message: expect.stringContaining('nobody-knows') }],
  })
  expect(await machine.read(keyFile)).toContain(anna)
  await leave()
})

test('administrators can log in to a machine that lets nobody write its hosts file', async () => {
  await giveToken(centre, machine)
  await machine.must(['chattr', '+i', '/etc/hosts'])
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 71 })
  expect(stderr).toContain('operation not permitted; "lsattr" shows whether it is immutable')
  expect(await machine.read(keyFile)).toContain(anna)
  await machine.must(['chattr', '-i', '/etc/hosts'])
  await leave()
})

test('an sshd that is started by connections alone is asked before it had one', async () => {
  await giveToken(centre, machine)
  await machine.must(['mv', '/run/sshd', '/run/sshd.later'])
  expect((await machine.run(['sshd', '-T'])).stderr).toContain('Missing privilege separation')
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', problems: [] })
  expect(await machine.must(['ls', '/run'])).not.toMatch(/^sshd$/m)
  await machine.must(['mv', '/run/sshd.later', '/run/sshd'])
  await leave()
})

test('a way of a second and a half there and back is one', async () => {
  const internet = centre.lab.host('internet')
  const relay = internet.spawn([
    process.execPath,
    ...[fixture('slow-relay.ts'), '1194', '203.0.113.10', '750'],
  ])
  let said = ''
  relay.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  await until(async () => said.includes('ready'))
  const rule = 'ip daddr 203.0.113.10 udp dport 1194 redirect'
  const hook = 'type nat hook prerouting priority -100'
  await internet.must(['nft', `table ip slow { chain prerouting { ${hook}; ${rule}; }; }`])
  await giveToken(centre, machine, { site: 'far' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', mtu: 1420 })
  await leave()
  await internet.must(['nft', 'delete', 'table', 'ip', 'slow'])
  killGroup(relay.pid)
})

test('a join, and a leave, come to their end though nobody reads what they say', async () => {
  await giveToken(centre, machine)
  const unread = (command: string) =>
    machine.must([
      'sh',
      '-c',
      '{ "$@" 2>&1; echo $? >/run/code; } | head -c 1 >/dev/null; cat /run/code',
      ...['sh', ...centre.commandLine, command],
    ])
  expect(await unread('join')).toBe('0\n')
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ changed: false, state: 'ready' })
  expect(await unread('leave')).toBe('0\n')
  expect(await stateOf(machine)).toEqual(before)
})

test('a copy that waits for an administrator does not come up as the machine it is a copy of', async () => {
  await giveToken(centre, machine, { site: 'held' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'held-1' })
  const files = '/etc/dynfarm/join.yaml /var/lib/dynfarm/node'
  const copy = await machine.must(['sh', '-c', `tar -C / -c ${files} | base64`])
  await other.must(['sh', '-c', 'base64 -d | tar -C / -x'], { input: copy })
  await other.write('/etc/machine-id', `${'4'.repeat(32)}\n`)
  const { code, stderr } = await centre.dynfarm('aruba-b', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 75 })
  expect(stderr).toContain('waits for an administrator')
  expect(await other.must(['ip', '-o', 'link'])).not.toContain('tun-')
  await leave()
})

test('a machine that has joined comes up by what it kept where somebody else answers for the server', async () => {
  await giveToken(centre, machine)
  await centre.json('aruba-a', ['join'])
  await centre.json('aruba-a', ['down'])
  const internet = centre.lab.host('internet')
  const impostor = internet.spawn(['sh', '-ec', impersonate], { open: true })
  await until(async () => (await internet.run(['sh', '-c', 'ss -ltn | grep :8443'])).code === 0)
  const { code, stdout, stderr } = await centre.dynfarm('aruba-a', ['join', '--json'])
  killGroup(impostor.pid)
  await internet.must(['nft', 'delete', 'table', 'ip', 'poisoned'])
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, server: 'away', state: 'ready' })
  expect(stderr).toContain('its certificate is not from the expected authority; going on')
  await leave()
})

const impersonate = `cd /run
nft 'table ip poisoned { chain prerouting { type nat hook prerouting priority -100
  ip daddr 203.0.113.12 tcp dport 8443 redirect; }; }'
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k -out c -subj /CN=x -batch 2>/dev/null
exec openssl s_server -quiet -accept 8443 -key k -cert c`

test('a machine that was off for longer than its certificate lives joins again by a new token alone', async () => {
  await giveToken(centre, machine, { site: 'brief' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ name: 'brief-1' })
  await centre.json('aruba-a', ['down'])
  const isOver = async () => (await centre.dynfarm('aruba-a', ['join'])).code === 77
  await until(isOver)
  const { stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect(stderr).toContain('has expired\n  if the clock here is right, join again with a new token')
  const token = await centre.token({ role: 'node', site: 'brief' })
  const again = await centre.json('aruba-a', ['join', '--token', token])
  expect(again).toMatchObject({ name: 'brief-2', state: 'ready' })
  expect(await machine.must(['ip', '-o', 'address'])).not.toContain('10.200.7.1/')
  await leave()
})

test('a machine whose clock was two hours ahead when it joined comes back by WireGuard once it is right', async () => {
  await giveToken(centre, machine, { site: 'timed' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ rung: 'wg' })
  await centre.json('aruba-a', ['down'])
  const ahead = Date.now() + 2 * 3_600_000
  const key = (await machine.read('/var/lib/dynfarm/node/wireguard.key')).trim()
  const hub = (await centre.lab.host('hub1').must(['wg', 'show', 'tun-wg', 'public-key'])).trim()
  const handshake = [fixture('wireguard-ahead.ts'), key, hub, '203.0.113.10', '51820']
  const seconds = String(Math.floor(ahead / 1000))
  expect(await machine.must([process.execPath, ...handshake, seconds])).toBe('92\n')
  const file = '/var/lib/dynfarm/node/config.json'
  const kept = JSON.parse(await machine.read(file))
  await machine.write(file, JSON.stringify({ ...kept, clock: ahead }))
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ state: 'ready', rung: 'wg' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ changed: false })
  await leave()
})

test('what a proxy answers to OpenVPN is told', async () => {
  await giveToken(centre, machine, { site: 'proxied' })
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ rung: 'tcp' })
  await centre.json('aruba-a', ['down'])
  const script = `require('node:net').createServer((client) => client.once('data', () =>
    client.end('HTTP/1.1 407 Who are you\\r\\nContent-Length: 0\\r\\n\\r\\n')))
    .listen(3128, () => console.log('ready'))`
  const proxy = centre.lab.host('internet').spawn([process.execPath, '-e', script])
  let said = ''
  proxy.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  await until(async () => said.includes('ready'))
  await machine.must([
    'sh',
    '-c',
    'echo "proxy: http://198.51.100.1:3128" >>/etc/dynfarm/join.yaml',
  ])
  const { code, stderr } = await centre.dynfarm('aruba-a', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 71 })
  expect(stderr).toContain('the proxy "http://198.51.100.1:3128" answers with status 407')
  expect(stderr).toMatch(/rung "tcp": .*; OpenVPN says "HTTP proxy returned: 'HTTP\/1.1 407/)
})
