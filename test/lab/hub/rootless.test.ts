import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Centre, centreYaml, fixture, giveToken, startCentre, until } from '../join/centre.ts'
import { type HostProcess, killGroup, type LabHost } from '../lib/lab-host.ts'
import { ordinaryUser } from '../lib/topology.ts'
import { giveLife, lifeIn } from './short-life.ts'

/** A hub on a host of the centre where nobody is root, and machines behind a NAT that join by it. */
const tree = new URL('../../..', import.meta.url).pathname
const dynfarm = [`${tree}node_modules/node/bin/node`, `${tree}bin/dynfarm.ts`]
const ce = '192.0.2.22'
const [allowed, other, capped, shared] = ['9618', '9620', '9619', '9621']
const cap = 4
const whole = 6
const token = `${ordinaryUser.home}/token`

let centre: Centre
let host: LabHost
let hub: HostProcess
let said = ''
let before: string

beforeAll(async () => {
  centre = await startCentre({
    hubs: [],
    machines: 2,
    site: { tunnels: ['udp', 'tcp'], limits: { rx: `${cap}Mbit`, tx: `${cap}Mbit` } },
    centre: {
      hubs: {
        hub1: {
          ...{ ...centreYaml.hubs.hub1, rootless: true },
          limits: { rx: `${whole}Mbit`, tx: `${whole}Mbit` },
        },
      },
      tunnels: {
        udp: { kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1194 },
        tcp: { kind: 'openvpn', hub: 'hub1', proto: 'tcp', port: 1443 },
      },
      services: {
        // What it is elsewhere does not matter here: this hub has no links.
        ce: {
          ...centreYaml.services.ce,
          'from-nodes': [`tcp/${allowed}-${capped}`, `tcp/${shared}`],
        },
        web: { address: '192.0.2.10', link: 'local', 'from-nodes': ['tcp/8080'], 'to-nodes': [] },
      },
    },
    sites: {
      aruba: { services: ['ce', 'web'] },
      osaka: { nodes: '10.200.2.0/24', tunnels: ['tcp'] },
    },
  })
  host = centre.lab.host('hub1')
  const far = centre.lab.host('ce')
  for (const port of [allowed, other]) far.spawn([process.execPath, fixture('echo.ts'), port])
  for (const port of [capped, shared]) far.spawn(['iperf3', '-s', '-p', port])
  centre.lab.host('secret').spawn([process.execPath, fixture('echo.ts'), allowed])
  host.spawn([process.execPath, fixture('echo.ts'), '8080'])
  before = await traces()
  const secret = await centre.token({ role: 'hub', name: 'hub1', uses: 1 })
  await host.must(['sh', '-c', 'umask 077; cat >"$1"; chown alice "$1"', 'sh', token], {
    input: secret,
  })
  startHub('--server', 'https://203.0.113.12:8443', '--token-file', token)
  await isUp()
  await giveToken(centre, a())
  await centre.json('aruba-a', ['join'])
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined) console.log(said)
  await centre?.stop()
})

const a = () => centre.lab.host('aruba-a')
const b = () => centre.lab.host('aruba-b')

function startHub(...words: string[]): void {
  said = ''
  hub = host.spawn([...dynfarm, 'hub', '--rootless', '--verbose', ...words], { ordinary: true })
  hub.stderr?.on('data', (data: Buffer) => {
    said += data.toString()
  })
}

/** The hub's processes and devices; its state folder stays, which is what it is for. */
async function traces(): Promise<string> {
  const look = `ps -U ${ordinaryUser.uid} -o args= | grep -v '^ps '; ip -o link; nft list ruleset; find /run /tmp -user alice; :`
  return await host.must(['sh', '-c', look])
}

async function isUp(): Promise<void> {
  const listens = async () => (await host.must(['ss', '-Hlnt'])).includes(':1443 ')
  await until(listens, () => said)
}

/** Whether a service answers from this machine. */
async function reaches(from: LabHost, address: string, port: string): Promise<boolean> {
  const script = `exec 3<>/dev/tcp/${address}/${port}; echo hi >&3; read -r l <&3; test "$l" = hi`
  const { code } = await from.run(['timeout', '3', 'bash', '-c', script])
  return code === 0
}

async function rungOf(name: string): Promise<unknown> {
  return (await centre.json(name, ['status'])).tunnel?.rung
}

test('a token file that is not there is named', async () => {
  const words = ['hub', '--rootless', '--state', '/home/alice/other', '--token-file', '/nowhere']
  const { code, stderr } = await host.run([...dynfarm, ...words], { ordinary: true })
  await host.must(['rm', '-r', '/home/alice/other'])
  expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining('"/nowhere"') })
})

test('a node reaches its services and their ports, and nothing else', async () => {
  expect(await rungOf('aruba-a')).toBe('udp')
  const seen = await Promise.all([
    ...[reaches(a(), ce, allowed), reaches(a(), '192.0.2.10', '8080')],
    ...[reaches(a(), ce, other), reaches(a(), '192.0.2.66', allowed)],
  ])
  expect(seen).toEqual([true, true, false, false])
  await a().must(['ip', 'route', 'add', '192.0.2.66', 'dev', 'tun-udp'])
  await a().must(['ip', 'route', 'add', '192.0.2.12', 'dev', 'tun-udp'])
  expect(await reaches(a(), '192.0.2.66', allowed)).toBe(false)
  expect(await reaches(a(), '192.0.2.12', '8443')).toBe(false)
})

test('by tcp as well; the server is told where the node truly comes from', async () => {
  await giveToken(centre, b(), { site: 'osaka' })
  await centre.json('aruba-b', ['join'])
  expect(await rungOf('aruba-b')).toBe('tcp')
  expect(await reaches(b(), ce, allowed)).toBe(true)
  for (const name of ['aruba-1', 'osaka-1']) {
    const outer = async () => (await centre.json('server', ['node', 'show', name])).outer?.address
    await until(async () => (await outer()) === '198.51.100.10')
  }
})

/** What goes through, in Mbit/s. */
async function measure(from: LabHost, port: string, ...way: string[]): Promise<number> {
  const argv = ['iperf3', '-c', ce, '-p', port, '-t', '3', '-J', ...way]
  const { end } = JSON.parse(await from.must(argv))
  return end.sum_received.bits_per_second / 1e6
}

test('the limit of each site holds, and that of the hub over both', async () => {
  for (const way of [[], ['-R']]) {
    const [one, two] = await Promise.all([
      ...[measure(a(), capped, ...way), measure(b(), shared, ...way)],
    ])
    expect(one).toBeLessThan(cap * 1.05)
    expect(one).toBeGreaterThan(cap * 0.1)
    expect(two).toBeLessThan(cap * 1.05)
    expect((one ?? 0) + (two ?? 0)).toBeLessThan(whole * 1.05)
  }
})

test('a revoked node is out, and nobody else', async () => {
  await centre.json('server', ['node', 'revoke', 'aruba-1'])
  await until(async () => !(await reaches(a(), ce, allowed)))
  expect(await reaches(b(), ce, allowed)).toBe(true)
})

test('killed, it leaves nothing; started again, its nodes are there, and its certificate renewed that is due', async () => {
  killGroup(hub.pid)
  await hub
  await until(
    async () => (await traces()) === before,
    () => said,
  )
  const path = `${ordinaryUser.home}/.local/state/dynfarm/host/identity.json`
  const place = { server: centre.lab.host('server'), host, path }
  const due = await giveLife(place, { from: -3_600_000, until: 600_000 })
  startHub()
  await isUp()
  await until(
    async () => (await lifeIn(host, path)).expires > due.expires,
    () => said,
  )
  await until(
    async () => await reaches(b(), ce, allowed),
    () => said,
  )
  expect(await reaches(a(), ce, allowed)).toBe(false)
})

test('its user cuts a node off without the server, now or at the next start', async () => {
  const revoke = ['hub', 'revoke', 'osaka-1', '--json']
  const ask = async () => JSON.parse(await host.must([...dynfarm, ...revoke], { ordinary: true }))
  expect(await ask()).toMatchObject({ name: 'osaka-1', by: 'resident' })
  await until(async () => !(await reaches(b(), ce, allowed)))
  const [pid = ''] = (await host.must(['pgrep', '-f', 'hub --rootless'])).split('\n')
  await host.must(['kill', '-TERM', pid])
  expect((await hub).exitCode).toBe(0)
  expect(await traces()).toBe(before)
  expect(await ask()).toMatchObject({ by: 'start' })
})
