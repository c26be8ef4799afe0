import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { JoinAnswer } from '../../../src/client/enrol-check.ts'
import { createCentre } from '../../../src/client/init-create.ts'
import { roles } from '../../../src/pki/authority.ts'
import { linkKey, parseLinkSecret } from '../../../src/pki/link-key.ts'
import { type Lab, startLab } from '../lib/lab.ts'
import { type HostProcess, killGroup, type LabHost } from '../lib/lab-host.ts'
import { VpnHost } from '../vpn/support.ts'
import { countEchoes, fallsSilent, startEcho } from './echoes.ts'
import {
  ce,
  connect,
  dynfarm,
  type Ends,
  type FarmNode,
  fixture,
  giveKey,
  type RunningHub,
  serviceEnd,
  startHub,
  until,
} from './farm.ts'

const url = 'https://203.0.113.12:8443'
const hubUrl = 'https://192.0.2.12:8443'
const state = '/var/lib/dynfarm/server'

const centre = {
  centre: 'example',
  domain: 'farm.example.org',
  server: { urls: [url, hubUrl] },
  nodes: '10.200.0.0/16',
  hubs: { hub1: { public: '203.0.113.10', inner: '10.200.0.1', local: '192.0.2.10' } },
  tunnels: {
    wg: { kind: 'wireguard', hub: 'hub1', port: 51820 },
    udp: { kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1194 },
  },
  services: {
    ce: {
      address: ce,
      link: 'vxlan',
      'from-nodes': ['tcp/9618', 'icmp'],
      'to-nodes': ['icmp'],
    },
  },
}
const site = { site: 'aruba', nodes: '10.200.1.0/24', tunnels: ['wg', 'udp'], services: ['ce'] }

const hosts: VpnHost[] = []
let lab: Lab
let server: LabHost
let hub: VpnHost
let service: VpnHost
let a: FarmNode
let b: FarmNode
let ends: Ends
let serving: HostProcess
let running: RunningHub

beforeAll(async () => {
  lab = await startLab({ scenario: 'small', machines: 2 })
  server = lab.host('server')
  hub = new VpnHost(lab.host('hub1'))
  service = new VpnHost(lab.host('ce'))
  hosts.push(hub, service)
  const { linkSecret } = await writeCentre()
  await service.network(
    serviceEnd(linkKey(parseLinkSecret(linkSecret), { hub: 'hub1', service: 'ce' })),
  )
  await startEcho(service, 9618)
  await startServer()
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined) console.log(running?.said())
  for (const host of hosts) host.remove()
  await lab?.stop()
})

test('no hub is made by a token for something else, and that token is not used', async () => {
  await hub.host.write('/root/wrong', await tokenFor({ role: 'service', name: 'ce', uses: 1 }))
  const wrong = startHub({ hub }, '--server', hubUrl, '--token-file', '/root/wrong')
  expect((await wrong.process).exitCode).toBe(77)
  expect(wrong.said()).toContain('this token is for a service, not for a hub')
  const { tokens } = await admin('tokenList')
  expect(tokens).toMatchObject([{ role: 'service', used: 0 }])
})

test('a hub enrols with a token, and then needs none', async () => {
  await hub.host.write('/root/token', await tokenFor({ role: 'hub', name: 'hub1', uses: 1 }))
  running = startHub({ hub }, '--server', hubUrl, '--token-file', '/root/token')
  expect(await until(async () => running.said().includes('start a tunnel'))).toBe(true)
  await running.kill()
  await hub.host.must(['rm', '/root/token'])
  running = startHub({ hub })
  expect(await hub.reaches('10.200.0.1')).toBe(true)
})

test('a hub that is told once where its server is now remembers that, and stays who it was', async () => {
  const identity = () => hub.host.read('/var/lib/dynfarm/host/identity.json').then(JSON.parse)
  const before = await identity()
  expect(before.urls).toEqual([hubUrl])
  await running.kill()
  running = startHub({ hub }, '--server', url)
  expect(await until(async () => running.said().includes(`asked at ${url} from now on`))).toBe(true)
  await running.kill()
  expect(await identity()).toEqual({ ...before, urls: [url] })
  running = startHub({ hub })
  expect(await until(async () => running.said().includes('begins'))).toBe(true)
})

test('nodes join, and reach their service as soon as they have their answer', async () => {
  const token = await tokenFor({ role: 'node', site: 'aruba', uses: 2 })
  a = await join('aruba-a', token)
  b = await join('aruba-b', token)
  await connect(ends, a, 'wg')
  await connect(ends, b, 'udp')
  expect(await a.host.reaches(ce)).toBe(true)
  expect(await b.host.reaches(ce)).toBe(true)
})

test('the server hears where nodes are, and that the link is up', async () => {
  const rungs = async () => (await admin('nodeList')).nodes.map((node: NodeShown) => node.rung)
  expect(await until(async () => `${await rungs()}` === 'wg,udp')).toBe(true)
})

test('a node in quarantine reaches nobody, and is reached by ssh from the hub alone', async () => {
  await admin('nodeRevoke', { params: { node: 'aruba-2' }, body: { quarantine: true } })
  const mayTalk = ['nft', 'get', 'element', 'inet', 'dynfarm', 'active4', '{ 10.200.1.2 }']
  expect(await until(async () => (await hub.host.run(mayTalk)).code !== 0)).toBe(true)
  expect(await b.host.reaches(ce, 1)).toBe(false)
  const ssh = 'tcp/10.200.1.2/22/10.200.0.1'
  const answers = async () =>
    JSON.parse(await hub.host.must([process.execPath, fixture('probe.ts'), ssh]))[ssh]
  expect(await until(answers)).toBe(true)
  expect(await hub.reaches('10.200.1.2', 1)).toBe(false)
})

test('a node that is revoked loses the connection that it had open, and nobody else does', async () => {
  await backUp()
  const stream = await countEchoes(a.host, ce, 9618)
  const other = await countEchoes(hub, ce, 9618)
  await admin('nodeRevoke', { params: { node: 'aruba-1' }, body: {} })
  expect(await fallsSilent(stream, other)).toBe(true)
  await Promise.all([stream.end(), other.end()])
})

test('a server that is restored from before brings the revoked node not back', async () => {
  const c = await join('aruba-b', await tokenFor({ role: 'node', site: 'aruba', uses: 1 }))
  await restore()
  const stateOf = async (node: string) =>
    (await admin('nodeList')).nodes.find(({ name }: NodeShown) => name === node)?.state
  expect(await until(async () => (await stateOf('aruba-1')) === 'revoked')).toBe(true)
  expect(await stateOf('aruba-3')).toBeDefined()
  expect(await a.host.reaches(ce, 2)).toBe(false)
  expect(c.addresses).toEqual(['10.200.1.3'])
})

test('a node that was revoked while the server was away stays so, and the server learns of it', async () => {
  await stopServer()
  await dynfarm({ hub }, 'hub', 'revoke', 'aruba-3')
  await startServer()
  const revoked = async () =>
    (await admin('nodeList')).nodes.find(({ name }: NodeShown) => name === 'aruba-3')?.state ===
    'revoked'
  expect(await until(revoked)).toBe(true)
})

interface NodeShown {
  name: string
  state: string
  rung: string
}

async function writeCentre() {
  const keys = await createCentre('example')
  await server.must(['mkdir', '-p', '/etc/dynfarm/sites', '/etc/dynfarm/keys'])
  await server.write('/etc/dynfarm/centre.yaml', stringify(centre))
  await server.write('/etc/dynfarm/sites/aruba.yaml', stringify(site))
  const put = (name: string, text: string) => server.write(`/etc/dynfarm/keys/${name}`, text)
  for (const role of roles) {
    await put(`${role}-ca.key`, keys.authorities[role].key)
    await put(`${role}-ca.crt`, keys.authorities[role].certificate)
  }
  await put('release.pub', keys.releaseKey.public)
  await put('links.secret', keys.linkSecret)
  await server.must(['chmod', '-R', 'go=', '/etc/dynfarm/keys'])
  return keys
}

async function startServer(): Promise<void> {
  serving = server.spawn([process.execPath, fixture('serve.ts')])
  let said = ''
  for (const stream of [serving.stdout, serving.stderr])
    stream?.on('data', (data: Buffer) => {
      said += data.toString()
    })
  if (!(await until(async () => said.includes('ready')))) throw new Error(said)
}

async function stopServer(): Promise<void> {
  killGroup(serving.pid)
  await serving
}

/** The database alone: the mark beside it stays, as docs/protocol.md asks. */
async function backUp(): Promise<void> {
  await stopServer()
  await server.must(['sh', '-c', `cp -a ${state} /root/backup`])
  await startServer()
}

async function restore(): Promise<void> {
  await stopServer()
  await server.must(['sh', '-c', `rm -rf ${state} && cp -a /root/backup ${state}`])
  await startServer()
}

// biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
async function admin(endpoint: string, ask: object = {}): Promise<any> {
  const words = [fixture('ask-admin.ts'), endpoint, JSON.stringify(ask)]
  return JSON.parse((await server.must([process.execPath, ...words])) || '{}')
}

async function tokenFor(wanted: object): Promise<string> {
  const { token } = await admin('tokenCreate', { body: { ttl: 3_600_000, ...wanted } })
  return token
}

async function join(name: string, token: string): Promise<FarmNode> {
  const host = new VpnHost(lab.host(name))
  hosts.push(host)
  const words = [fixture('enrol.ts'), url, token]
  const joined = JSON.parse(await host.host.must([process.execPath, ...words]))
  const { secrets, answer }: { secrets: Secrets; answer: JoinAnswer } = joined
  const [own] = answer.hubs
  ends = {
    hub: { certificate: own?.certificate ?? '', wireguard: own?.wireguard ?? '' },
    authority: answer.authorities.hub ?? '',
  }
  const node: FarmNode = {
    host,
    person: { key: secrets.key, certificate: answer.certificate },
    wireguard: secrets.wireguard,
    addresses: answer.node?.addresses ?? [],
    tlsCrypt: new Map(answer.rungs.flat().map((end) => [end.name, end.tlsCrypt ?? ''])),
  }
  await giveKey(node)
  return node
}

interface Secrets {
  key: string
  wireguard: { private: string; public: string }
}
