import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'

export interface Centre {
  readonly configDir: string
  /** Of the server's authority. */
  readonly pin: string
}

const profile = {
  centre: 'bench',
  domain: 'farm.example.org',
  server: {
    urls: ['https://127.0.0.1:8443'],
  },
  nodes: '10.192.0.0/10',
  hubs: { hub1: { public: '192.0.2.1', inner: '10.192.0.1', local: '192.0.2.1' } },
  tunnels: {
    wg: { kind: 'wireguard', hub: 'hub1', port: 51820 },
    udp: { kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1194 },
  },
  services: { ce: { address: '192.0.2.22', 'from-nodes': ['tcp/9618'], 'to-nodes': 'any' } },
}

const site = { site: 'big', nodes: '10.200.0.0/16', tunnels: ['wg', 'udp'], services: ['ce'] }

/** As `dynfarm init` makes one, but with a single site that has room for many. */
export async function makeCentre(dynfarm: string, folder: string): Promise<Centre> {
  const configDir = join(folder, 'config')
  execFileSync(dynfarm, ['init', configDir, '--centre', profile.centre], { stdio: 'pipe' })
  rmSync(join(configDir, 'sites'), { recursive: true })
  mkdirSync(join(configDir, 'sites'))
  const [listen, admin] = [await freeEndpoint(), await freeEndpoint()]
  const server = { ...profile.server, listen, admin }
  writeFileSync(join(configDir, 'centre.yaml'), stringify({ ...profile, server }))
  writeFileSync(join(configDir, 'sites/big.yaml'), stringify(site))
  return { configDir, pin: pinOf(readFileSync(join(configDir, 'keys/server-ca.crt'), 'utf8')) }
}

function pinOf(certificate: string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(spki).digest('hex')
}

async function freeEndpoint(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `127.0.0.1:${port}`
}
