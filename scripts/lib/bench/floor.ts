import type { LabHost, RunOptions } from '../../../test/lab/lib/lab-host.ts'
import type { HostSpec } from '../../../test/lab/lib/topology.ts'
import { type Rung, rungs } from './rung.ts'

/** Two machines on the same switch that dynfarm is not on, and between them the same programs, set up by hand. */
export interface Floor {
  readonly hub: LabHost
  readonly machine: LabHost
  /** Of the hub, through each tunnel. */
  readonly addresses: Readonly<Record<Rung, string>>
}

const outer = { hub: '203.0.113.50', machine: '203.0.113.51' }

export const floorHosts: readonly HostSpec[] = [
  hostOf('floor-hub', outer.hub),
  hostOf('floor-node', outer.machine),
]

function hostOf(name: string, address: string): HostSpec {
  const ports = [{ device: 'eth0', segment: 'public', addresses: [`${address}/26`] }] as const
  return { name, domain: 'example.net', ports }
}

export async function startFloor(hub: LabHost, machine: LabHost): Promise<Floor> {
  await startOpenvpn(hub, machine)
  await startWireguard(hub, machine)
  const addresses = Object.fromEntries(
    rungs.map((rung) => [rung, innerAddress(rung, 1)]),
  ) as Record<Rung, string>
  for (const address of Object.values(addresses))
    await machine.must(['sh', '-c', answers, 'sh', address])
  return { hub, machine, addresses }
}

const answers = 'for n in $(seq 50); do ping -c 1 -W 0.2 -q "$1" && exit; done; exit 1'

export function innerAddress(rung: Rung, host: number): string {
  return `10.99.${rungs.indexOf(rung)}.${host}`
}

async function startOpenvpn(hub: LabHost, machine: LabHost): Promise<void> {
  const [ofHub, ofMachine] = [await makeCertificate(hub), await makeCertificate(machine)]
  for (const rung of ['udp', 'tcp'] as const) {
    await serveOpenvpn(hub, rung, ofMachine)
    await runOpenvpn(machine, rung, clientLines('/root', rung, ofHub))
  }
}

const ports = { udp: 1194, tcp: 443 }
type OpenvpnRung = keyof typeof ports

/** For the one client that has the certificate of this fingerprint. */
export async function serveOpenvpn(hub: LabHost, rung: OpenvpnRung, peer: string): Promise<void> {
  const network = innerAddress(rung, 0)
  await runOpenvpn(hub, rung, [
    ...commonLines('/root', rung),
    ...['topology subnet', `server ${network} 255.255.255.0`],
    ...['dh none', `port ${ports[rung]}`, `peer-fingerprint ${peer}`],
  ])
}

export function clientLines(folder: string, rung: OpenvpnRung, peer: string): string[] {
  const to = `remote ${outer.hub} ${ports[rung]}`
  return [...commonLines(folder, rung), 'client', 'nobind', to, `peer-fingerprint ${peer}`]
}

/** All else is left as OpenVPN has it. */
function commonLines(folder: string, rung: OpenvpnRung): string[] {
  return [
    ...[`cert ${folder}/cert`, `key ${folder}/key`, 'data-ciphers AES-256-GCM', 'disable-dco'],
    ...[`dev ${rung}`, 'dev-type tun', `proto ${rung}`],
  ]
}

/** Gives its fingerprint. */
export async function makeCertificate(
  host: LabHost,
  options: RunOptions & { folder?: string } = {},
): Promise<string> {
  const { folder = '/root', ...rest } = options
  const request = 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  const make = `${request} -subj /CN=floor -days 2 -keyout key -out cert 2>/dev/null`
  const tell = 'openssl x509 -in cert -noout -sha256 -fingerprint'
  const said = await host.must(['sh', '-c', `cd "$1" && ${make} && ${tell}`, 'sh', folder], rest)
  return said.trim().replace(/^.*=/, '')
}

async function runOpenvpn(
  host: LabHost,
  rung: OpenvpnRung,
  lines: readonly string[],
): Promise<void> {
  const path = `/root/${rung}.conf`
  await host.write(path, textOf(lines))
  await host.must(['openvpn', '--config', path, '--daemon', '--log', `/root/${rung}.log`])
}

export function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

async function startWireguard(hub: LabHost, machine: LabHost): Promise<void> {
  const [ofHub, ofMachine] = [await makeWireguard(hub, 1), await makeWireguard(machine, 2)]
  const network = `${innerAddress('wg', 0)}/24`
  await hub.must(['wg', 'set', 'wg', 'peer', ofMachine, 'allowed-ips', network])
  const way = ['endpoint', `${outer.hub}:51820`, 'allowed-ips', network]
  await machine.must(['wg', 'set', 'wg', 'peer', ofHub, ...way])
}

/** Gives its public key. */
async function makeWireguard(host: LabHost, number: number): Promise<string> {
  const script = [
    'set -e; umask 077; wg genkey >/root/wg',
    'ip link add wg type wireguard 2>/dev/null || wireguard-go wg >/dev/null 2>&1',
    'wg set wg listen-port 51820 private-key /root/wg',
    'ip addr add "$1" dev wg; ip link set wg mtu 1420 up; wg pubkey </root/wg',
  ].join('\n')
  const said = await host.must(['sh', '-c', script, 'sh', `${innerAddress('wg', number)}/24`])
  return said.trim()
}
