import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { answers, listen, tcp } from '../join/answers.ts'
import {
  type Centre,
  centreYaml,
  giveToken,
  joinService,
  startCentre,
  startHubAgain,
  stateOf,
  until,
} from '../join/centre.ts'
import type { LabHost } from '../lib/lab-host.ts'

/* What becomes of hubs: one retires in the order of docs/operations.md, another moves, is copied, and loses its files. */

const folder = '/var/lib/dynfarm'
const ce = tcp('192.0.2.22')
let centre: Centre
let [node, hub1, hub2]: LabHost[] = []
let [before, forwarded]: [Record<string, string>, string] = [{}, '']

const farm = {
  'between-hubs': 'vxlan',
  hubs: {
    hub1: { public: '203.0.113.10', inner: '10.200.0.1', local: '192.0.2.10' },
    hub2: { public: '203.0.113.11', inner: '10.200.0.2', local: '192.0.2.11' },
  },
  tunnels: {
    wg1: { kind: 'wireguard', hub: 'hub1', port: 51820 },
    wg2: { kind: 'wireguard', hub: 'hub2', port: 51820 },
    udp2: { kind: 'openvpn', hub: 'hub2', proto: 'udp', port: 1194 },
  },
}
const ui = { address: '192.0.2.24', link: 'routed', 'from-nodes': ['tcp/9618'], 'to-nodes': [] }
const services = { ...centreYaml.services, ui }
const { hub1: firstHub } = farm.hubs
const withoutHub2 = {
  ...centreYaml,
  services,
  hubs: { hub1: firstHub },
  tunnels: { wg1: farm.tunnels.wg1 },
}

beforeAll(async () => {
  centre = await startCentre({
    scenario: 'hubs',
    hubs: ['hub1'],
    centre: { ...farm, services },
    site: { tunnels: ['udp2', 'wg1'], try: '4s', services: ['ce', 'ui'] },
  })
  ;[node, hub1, hub2] = ['os-a', 'hub1', 'hub2'].map((name) => centre.lab.host(name))
  if (hub2 !== undefined) [before, forwarded] = [await stateOf(hub2), await forwarding()]
  await enrol('hub2', { name: 'hub2' })
  await joinService(centre)
  await listen(centre.lab.host('ce'))
  await giveToken(centre, centre.lab.host('os-a'))
  expect(await centre.json('os-a', ['join'])).toMatchObject({ state: 'ready', rung: 'udp2' })
})

afterAll(async () => {
  await centre?.stop()
})

const way = ['--server', 'https://203.0.113.12:8443', '--token-file', '/var/lib/token']

async function bringToken(host: string, of: { name: string }): Promise<void> {
  await centre.lab
    .host(host)
    .write('/var/lib/token', await centre.token({ role: 'hub', ...of, uses: 1 }))
}

/** What hub2 forwards by. */
const forwarding = () => on(hub2, 'grep . /proc/sys/net/ipv4/conf/*/forwarding')

/** Until its tunnels stand. */
async function enrol(host: string, of: { name: string }): Promise<void> {
  await bringToken(host, of)
  centre.start(host, ['hub', ...way, '--verbose'])
  await hasTunnels(host)
}

const hasTunnels = (host: string) =>
  until(
    async () => (await on(centre.lab.host(host), 'ip -o link')).includes(' tun-'),
    () => centre.said(host, 'hub'),
  )
const on = async (host: LabHost | undefined, script: string) =>
  (await host?.must(['sh', '-euc', script])) ?? ''
const refusal = async (host: string, argv: readonly string[]) => {
  const { code, stderr } = await centre.dynfarm(host, argv)
  return { code, said: stderr }
}

test('a hub retires, and its nodes go on by the other', async () => {
  await on(centre.lab.host('server'), `sed -i '/udp2/d' /etc/dynfarm/sites/aruba.yaml`)
  await centre.json('server', ['reload'])
  expect(await centre.json('os-a', ['join'])).toMatchObject({ state: 'ready', rung: 'wg1' })
  expect(await refusal('hub2', ['leave'])).toMatchObject({ code: 75 })
  expect(await forwarding()).toMatch(/eth\d\/forwarding:1/)
  await centre.kill('hub2', 'hub')
  const left = await centre.json('hub2', ['leave'])
  expect(left).toMatchObject({
    name: 'hub2',
    problems: [],
    untold: expect.stringContaining('node revoke hub2'),
  })
  if (hub2 !== undefined) expect(await stateOf(hub2)).toEqual(before)
  expect(await forwarding()).toBe(forwarded)
  await centre.json('server', ['node', 'revoke', 'hub2'])
  await centre.lab.host('server').write('/etc/dynfarm/centre.yaml', stringify(withoutHub2))
  await centre.json('server', ['check'])
  await centre.json('server', ['reload'])
  await centre.json('ce', ['join'])
  expect(await on(centre.lab.host('ce'), 'ip -o link')).not.toContain('hub2')
  await until(async () => !(await on(hub1, 'ip -o link')).includes('hub-hub2'))
  expect(await answers(node, ce)).toEqual({ [ce]: true })
  const audit = (await centre.dynfarm('server', ['audit', '--json'])).stdout
  expect(audit).toMatch(/"action":"host-revoke"[^\n]*"hub2"/)
})

test('a second machine is not let in by the name of a hub that lives', async () => {
  await bringToken('hub2', { name: 'hub1' })
  const { code, said } = await refusal('hub2', ['hub', ...way])
  expect(code).toBe(64)
  expect(said).toContain('there is a hub "hub1"; revoke it before another joins')
  expect(said).toContain('dynfarm node revoke NAME')
})

test('a copy of a hub says on the second machine that there are two', async () => {
  await on(hub2, `rm -rf ${folder}`)
  const files = await on(hub1, `tar -C ${folder} -cf - host | base64 -w0`)
  await on(
    hub2,
    `mkdir ${folder}; echo ${files} | base64 -d | tar -C ${folder} -xf -; echo other >/etc/machine-id`,
  )
  centre.start('hub2', ['hub'])
  const told = 'the identity of hub "hub1" was made on another machine'
  await until(async () => centre.said('hub2', 'hub').includes(told))
  expect(centre.said('hub1', 'hub')).not.toContain(told)
  await centre.kill('hub2', 'hub')
})

test('a hub that moved says so no more after a start with a token, and is who it was', async () => {
  const certificate = `grep -o '"certificate": "[^"]*"' ${folder}/host/identity.json`
  await bringToken('hub2', { name: 'hub1' })
  centre.start('hub2', ['hub', ...way])
  await until(async () => centre.said('hub2', 'hub').includes('begins'))
  expect(centre.said('hub2', 'hub')).not.toContain('another machine')
  expect(await on(hub2, certificate)).toBe(await on(hub1, certificate))
  expect(await on(hub2, `grep machine ${folder}/host/identity.json`)).toContain('other')
  await centre.kill('hub2', 'hub')
  await centre.json('hub2', ['leave'])
})

test('a hub whose key files are damaged starts, with its keys from the other file', async () => {
  await centre.kill('hub1', 'hub')
  const script = 'rm host/key.pem; truncate -s 9 host/wireguard.key'
  await on(hub1, `cd ${folder}; md5sum host/*.pem host/*.key >/run/sums; ${script}`)
  startHubAgain(centre)
  await until(async () => centre.said('hub1', 'hub').includes('begins'))
  await on(hub1, `cd ${folder}; md5sum -c /run/sums`)
})

test('a hub that lost its identity comes back by a token, with the keys that are left, unnoticed by nodes', async () => {
  await centre.kill('hub1', 'hub')
  for (const [script, wanted] of [
    ['echo "{" >host/identity.json', 78],
    ['rm host/identity.json', 64],
  ] as const) {
    await on(hub1, `cd ${folder}; ${script}`)
    const { code, said } = await refusal('hub1', ['hub'])
    expect(code).toBe(wanted)
    expect(said).toMatch(/token.* of role hub/)
  }
  await bringToken('hub1', { name: 'hub1' })
  centre.start('hub1', ['hub', ...way])
  await until(
    async () => centre.said('hub1', 'hub').includes('begins'),
    () => centre.said('hub1', 'hub'),
  )
  expect(await answers(node, ce)).toEqual({ [ce]: true })
  expect(await centre.json('os-a', ['join'])).toMatchObject({ changed: false })
})

test('a first start without the server says that there is nothing yet, and how to go on', async () => {
  await bringToken('hub2', { name: 'hub1' })
  const elsewhere = ['--server', 'https://203.0.113.12:1', ...way.slice(2)]
  const { code, said } = await refusal('hub2', ['hub', ...elsewhere])
  expect(code).toBe(75)
  expect(said).toMatch(/has not enrolled, and has nothing to put in force yet: start it again/)
})

test('on new hardware, with nothing of the old, nodes find it after their next join', async () => {
  await centre.kill('hub1', 'hub')
  await centre.json('hub1', ['leave'])
  await centre.json('server', ['node', 'revoke', 'hub1'])
  await enrol('hub1', { name: 'hub1' })
  expect(await centre.json('os-a', ['join'])).toMatchObject({ state: 'ready', rung: 'wg1' })
  expect(await answers(node, ce)).toEqual({ [ce]: true })
})
