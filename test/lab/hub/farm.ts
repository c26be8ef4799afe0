import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { Feed, FeedNode } from '../../../src/hub/known.ts'
import { TUNNEL_MTU } from '../../../src/net/link.ts'
import { type Network, nothing } from '../../../src/net/network.ts'
import { serviceNetwork } from '../../../src/net/service-end.ts'
import { readPem } from '../../../src/pki/check-certificate.ts'
import { renderPlan } from '../../../src/plan/render.ts'
import { tunnelDevice, tunnelPaths } from '../../../src/vpn/names.ts'
import { renderClientConfig } from '../../../src/vpn/openvpn/client-config.ts'
import type { OpenvpnProcess } from '../../../src/vpn/process/openvpn.ts'
import { planWireguardGo, type WireguardGo } from '../../../src/vpn/process/wireguard-go.ts'
import { dumpReading, parseDump } from '../../../src/vpn/wireguard/dump.ts'
import { type Authorities, createAuthorities, createPerson, type Person } from '../../pki/people.ts'
import { type Lab, startLab } from '../lib/lab.ts'
import { type HostProcess, killGroup } from '../lib/lab-host.ts'
import { VpnHost } from '../vpn/support.ts'

export const inner = { hub: '10.200.0.1', a: '10.200.1.1', b: '10.200.1.2' }
export const ce = '192.0.2.22'
export const secret = '192.0.2.66'
const outer = '203.0.113.10'
const here = new URL('.', import.meta.url).pathname
export const fixture = (name: string) => `${here}../fixtures/${name}`
const program = `${here}../../../bin/dynfarm.ts`
const state = '/var/lib/dynfarm'

export const tunnels = {
  wg: { name: 'wg', kind: 'wireguard', proto: 'udp', addresses: [outer], port: 51820 },
  udp: { name: 'udp', kind: 'openvpn', proto: 'udp', addresses: [outer], port: 1194 },
  tcp: { name: 'tcp', kind: 'openvpn', proto: 'tcp', addresses: [outer], port: 443 },
} as const
export type Rung = keyof typeof tunnels

export const config: NonNullable<Feed['config']> = {
  centre: 'example',
  domain: 'farm.example.org',
  nodes: ['10.200.0.0/16'],
  hubs: [
    { name: 'hub1', inner: [inner.hub], local: ['192.0.2.10'], public: [outer], 'from-nodes': [] },
  ],
  tunnels: Object.values(tunnels).map((tunnel) => ({
    ...tunnel,
    addresses: [...tunnel.addresses],
  })),
  services: [
    {
      name: 'ce',
      addresses: [ce],
      names: [],
      'from-nodes': ['tcp/9618', 'icmp'],
      'to-nodes': ['tcp/9618', 'icmp'],
    },
  ],
  links: [{ hub: 'hub1', service: 'ce', kind: 'vxlan', key: 77 }],
  sites: [
    {
      site: 'aruba',
      nodes: ['10.200.1.0/24'],
      jobs: [],
      services: ['ce'],
      classes: [],
      'node-to-node': false,
      'log-flows': false,
    },
  ],
}

export interface WireguardPair {
  private: string
  public: string
}

export function wireguardPair(): WireguardPair {
  const { privateKey } = generateKeyPairSync('x25519')
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' })
  const base64 = (text: string) => Buffer.from(text, 'base64url').toString('base64')
  return { private: base64(d), public: base64(x) }
}

/** A node's keys, and its machine in the lab. */
export interface FarmNode {
  host: VpnHost
  person: Pick<Person, 'key' | 'certificate'>
  wireguard: WireguardPair
  addresses: readonly string[]
  /** By OpenVPN rung, where its hub answers nobody without. */
  tlsCrypt?: ReadonlyMap<string, string>
}

/** One that the hub is told of by hand. */
export interface TrustedNode extends FarmNode {
  record: FeedNode
}

/** What nodes must know of their hub. */
export interface Ends {
  hub: { certificate: string; wireguard: string }
  authority: string
}

/** A hub with two nodes behind a NAT and one service, whose server never answers. */
export interface Farm {
  lab: Lab
  hub: VpnHost
  ce: VpnHost
  a: TrustedNode
  b: TrustedNode
  ends: Ends
}

export async function startFarm(machines = 2): Promise<Farm> {
  const lab = await startLab({ scenario: 'small', machines })
  const now = new Date()
  const authorities = await createAuthorities(now)
  const makeNode = async (name: string, slot: number): Promise<TrustedNode> => {
    const person = await createPerson(authorities, { role: 'node', name: `aruba-${slot}`, now })
    const wireguard = wireguardPair()
    const record = nodeRecord(slot, { certificate: person.id, wireguardKey: wireguard.public })
    const { addresses } = record
    return { host: new VpnHost(lab.host(name)), person, wireguard, addresses, record }
  }
  const [a, b] = [await makeNode('aruba-a', 1), await makeNode('aruba-b', 2)]
  const hub = new VpnHost(lab.host('hub1'))
  const service = new VpnHost(lab.host('ce'))
  await service.network(serviceEnd(config.links[0]?.key ?? 0))
  const ends = await writeIdentity(hub, authorities)
  return { lab, hub, ce: service, a, b, ends }
}

export async function stopFarm(farm: Farm | undefined): Promise<void> {
  for (const host of [farm?.hub, farm?.ce, farm?.a.host, farm?.b.host]) host?.remove()
  await farm?.lab.stop()
}

export function nodeRecord(
  slot: number,
  keys: Pick<FeedNode, 'certificate' | 'wireguardKey'>,
): FeedNode {
  return {
    ...{
      id: `node-${slot}`,
      role: 'node',
      site: 'aruba',
      class: null,
      name: `aruba-${slot}`,
      slot,
    },
    addresses: [`10.200.1.${slot}`],
    state: 'ready',
    ...keys,
    previousCertificate: null,
    publicKey: randomBytes(32).toString('hex'),
    ...{ sshHostKeys: [], created: 1, freed: null, generation: slot },
  }
}

/** The far end of the service's link. */
export function serviceEnd(key: number): Network {
  const link = {
    kind: 'vxlan',
    ...{ host: 0, key, port: 4789, pathMtu: 1500, tunnelMtu: TUNNEL_MTU },
    hub: { name: 'hub1', addresses: ['192.0.2.10'], inner: [inner.hub] },
    service: { name: 'ce', addresses: [ce] },
  } as const
  return serviceNetwork({ links: [link], nodes: ['10.200.0.0/16'] })
}

async function writeIdentity(hub: VpnHost, authorities: Authorities): Promise<Ends> {
  const person = await createPerson(authorities, { role: 'hub', now: new Date() })
  const wireguard = wireguardPair()
  const identity = {
    ...{ urls: ['https://192.0.2.99:8443'], pins: ['00'.repeat(32)] },
    ...{ key: person.key, certificate: person.certificate, wireguard },
    ...{ role: 'hub', name: 'hub1', id: 'hub-1', centre: 'example', releaseKey: 'none' },
    nodeAuthority: authorities.node.certificate,
  }
  await hub.host.must(['install', '-d', '-m', '0700', `${state}/host`, `${state}/hub`])
  const put = (name: string, text: string) => hub.host.write(`${state}/host/${name}`, text)
  await put('identity.json', JSON.stringify(identity))
  await put('key.pem', person.key)
  await put('wireguard.key', `${wireguard.private}\n`)
  await hub.host.must(['chmod', '-R', 'go=', state])
  return {
    hub: { certificate: person.certificate, wireguard: wireguard.public },
    authority: authorities.hub.certificate,
  }
}

/** As if the server had told it. */
export async function tellHub(
  { hub }: Farm,
  nodes: readonly FeedNode[],
  { position = 'epoch.1', config: told = config } = {},
): Promise<void> {
  const known = { position, config: told, configHash: '00'.repeat(32), nodes, hosts: [] }
  await hub.host.write(`${state}/hub/known.json`, JSON.stringify(known))
}

export interface RunningHub {
  process: HostProcess
  /** What it said. */
  said(): string
  kill(): Promise<void>
}

export function startHub({ hub }: Pick<Farm, 'hub'>, ...words: string[]): RunningHub {
  const child = hub.host.spawn([process.execPath, program, 'hub', ...words])
  let said = ''
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  const kill = async (): Promise<void> => {
    killGroup(child.pid)
    await child
  }
  return { process: child, said: () => said, kill }
}

/** The node's end of one rung, by hand: what its join would make. */
export async function connect(ends: Ends, node: FarmNode, rung: Rung): Promise<void> {
  const [own = ''] = node.addresses
  await node.host.network(nodeNetwork(own, tunnelDevice(rung)))
  if (rung === 'wg') await connectWireguard(ends, node, own)
  else await node.host.openvpn(openvpnClient(ends, node, rung))
  await node.host.network(nodeNetwork(own, tunnelDevice(rung)))
}

async function connectWireguard(ends: Ends, { host, wireguard }: FarmNode, own: string) {
  await host.host.write('/run/wg.key', `${wireguard.private}\n`)
  const endpoint = { address: outer, port: tunnels.wg.port }
  const peer = {
    ...{ publicKey: ends.hub.wireguard, addresses: [`${inner.hub}/32`, `${ce}/32`] },
    ...{ endpoint, keepalive: 25 },
  }
  const tunnel = {
    ...{ device: tunnelDevice('wg'), publicKey: wireguard.public },
    ...{ privateKeyFile: '/run/wg.key', peers: [peer] },
  }
  const wanted: WireguardGo = {
    ...{ name: 'wg', supervisor: 'none', program: '/usr/bin/wireguard-go', tunnel },
    ...{ mtu: TUNNEL_MTU, lasting: [peer] },
  }
  const device = parseDump(await host.read(dumpReading)).get(tunnel.device)
  const steps = planWireguardGo(wanted, { device, files: new Map() })
  if (steps.length === 0) throw new Error(`nothing to do for ${own}: ${renderPlan(steps)}`)
  await host.apply(steps)
}

export function openvpnClient(
  ends: Ends,
  { person, tlsCrypt }: FarmNode,
  rung: 'udp' | 'tcp',
): OpenvpnProcess {
  const paths = tunnelPaths('/run/dynfarm', rung)
  const secret = tlsCrypt?.get(rung)
  return {
    ...{ name: rung, program: '/usr/sbin/openvpn', supervisor: 'none', paths, end: 'node' },
    ...{ ca: ends.authority, certificate: person.certificate },
    ...(secret !== undefined && { tlsCrypt: { secret } }),
    config: `${renderClientConfig({
      ...{ name: rung, proto: rung, port: tunnels[rung].port, mtu: TUNNEL_MTU },
      version: { major: 2, minor: 6 },
      addresses: [outer],
      hub: readPem(ends.hub.certificate).id,
      paths: {
        ...{ ca: paths.ca, certificate: paths.certificate, key: '/run/key.pem' },
        management: paths.management,
        ...(secret !== undefined && { tlsCrypt: paths.tlsCrypt }),
      },
    })}`,
  }
}

export async function giveKey({ host, person }: FarmNode): Promise<void> {
  await host.host.must(['sh', '-c', 'umask 077; cat >/run/key.pem'], { input: person.key })
}

function nodeNetwork(own: string, dev: string): Network {
  return {
    ...nothing,
    devices: [{ kind: 'tun', name: dev, mtu: TUNNEL_MTU }],
    addresses: [{ dev, address: own }],
    routes: [inner.hub, ce].map((to) => ({ table: 254, to, dev, src: own })),
  }
}

/** However busy the machine is; what should not happen is seen in another way. */
export async function until(condition: () => Promise<boolean>, seconds = 60): Promise<boolean> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    if (await condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

export async function disconnect({ host }: FarmNode, rung: Rung): Promise<void> {
  const end =
    rung === 'wg' ? 'rm -f /run/wireguard/tun-wg.sock' : `pkill -F /run/dynfarm/${rung}/pid`
  await host.host.must(['sh', '-c', end])
}

export async function dynfarm({ hub }: Pick<Farm, 'hub'>, ...words: string[]): Promise<string> {
  return await hub.host.must([process.execPath, program, ...words])
}
