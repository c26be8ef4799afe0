import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import { createCentre } from '../../src/client/init-create.ts'
import type { NewCentre } from '../../src/client/init-plan.ts'
import { makeLog } from '../../src/log.ts'
import { roles } from '../../src/pki/authority.ts'
import type { Handlers } from '../../src/server/call.ts'
import { type Serving, startServer } from '../../src/server/serve.ts'
import { testFolder } from '../fakes/folder.ts'
import { KeptStream } from '../fakes/stream.ts'

/** A small centre with one hub, one service and one site, for a server that listens on free ports of loopback. */
export const centre = {
  centre: 'example',
  domain: 'farm.example.org',
  server: { urls: ['https://127.0.0.1:8443'] },
  nodes: '10.200.0.0/16',
  hubs: { hub1: { public: '192.0.2.1', inner: '10.200.0.1', local: '192.0.2.1' } },
  tunnels: {
    wg: { kind: 'wireguard', hub: 'hub1', port: 51820 },
    udp: { kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1194 },
  },
  services: { ce: { address: '192.0.2.22', 'from-nodes': ['tcp/9618'], 'to-nodes': 'any' } },
}

export const sites: Record<string, object> = {
  aruba: { site: 'aruba', nodes: '10.200.1.0/24', tunnels: ['wg', 'udp'], services: ['ce'] },
}

export interface TestServer extends Serving {
  readonly configDir: string
  readonly stateDir: string
  readonly keys: NewCentre
  /** Everything that was said. */
  readonly said: KeptStream
}

export interface TestServerOptions {
  /** Laid over the centre's `server` block. */
  server?: object
  centre?: object
  sites?: Readonly<Record<string, object>>
  now?: () => number
  /** Another server of the same centre; or the same one again, with its state. */
  like?: Pick<TestServer, 'configDir' | 'keys'>
  stateDir?: string
  /** Where the socket of an earlier one was. */
  runDir?: string
  /** Instead of what answers each endpoint. */
  handlers?: Handlers
}

/** A real server in this process, gone with the test. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dir = testFolder()
  const configDir = options.like?.configDir ?? join(dir, 'config')
  const stateDir = options.stateDir ?? join(dir, 'state')
  const keys = options.like?.keys ?? (await writeCentre(configDir, options))
  const said = new KeptStream()
  const log = makeLog({ stdout: new KeptStream(), stderr: said, env: {}, verbose: true })
  const serving = await startServer({
    configDir,
    stateDir,
    runDir: options.runDir ?? join(dir, 'run'),
    log,
    at: { listen: '127.0.0.1:0', admin: '127.0.0.1:0' },
    ...(options.now && { now: options.now }),
    ...(options.handlers && { handlers: options.handlers }),
  })
  onTestFinished(() => serving.close())
  return { ...serving, configDir, stateDir, keys, said }
}

/** The configuration folder of a centre, as `dynfarm init` would leave it. */
export async function writeCentre(
  dir: string,
  { server, centre: over, sites: others = sites }: TestServerOptions,
): Promise<NewCentre> {
  mkdirSync(join(dir, 'sites'), { recursive: true })
  mkdirSync(join(dir, 'keys'), { mode: 0o700 })
  writeProfile(dir, {
    ...centre,
    ...over,
    server: { ...centre.server, ...server },
  })
  for (const [name, site] of Object.entries(others))
    writeFileSync(join(dir, 'sites', `${name}.yaml`), stringify(site))
  const keys = await createCentre('example')
  for (const role of roles) {
    writeKey(dir, `${role}-ca.key`, keys.authorities[role].key)
    writeKey(dir, `${role}-ca.crt`, keys.authorities[role].certificate)
  }
  writeKey(dir, 'release.pub', keys.releaseKey.public)
  writeKey(dir, 'links.secret', keys.linkSecret)
  return keys
}

export function writeProfile(dir: string, profile: object): void {
  writeFileSync(join(dir, 'centre.yaml'), stringify(profile))
}

function writeKey(dir: string, name: string, text: string): void {
  const path = join(dir, 'keys', name)
  writeFileSync(path, text)
  chmodSync(path, 0o600)
}
