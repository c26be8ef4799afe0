import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Outcome } from './agent.ts'
import type { Farm } from './farm.ts'
import type { Machine, RunOptions } from './machine.ts'

/** Where machines and hubs reach the server, and where services do. */
export const serverUrl = 'https://203.0.113.10:8443'
const insideUrl = 'https://192.0.2.10:8443'

/** A centre whose server and hub are units of one machine, the other hosts namespaces in it. */
export class Centre {
  readonly hub: Machine

  constructor(hub: Machine) {
    this.hub = hub
  }

  /** On one of the hosts around the hub. */
  async run(host: string, argv: readonly string[], options?: RunOptions): Promise<Outcome> {
    return await this.hub.run(['scene-in', host, ...argv], options)
  }

  async must(host: string, argv: readonly string[], options?: RunOptions): Promise<string> {
    return await this.hub.must(['scene-in', host, ...argv], options)
  }

  async token(...options: string[]): Promise<string> {
    return (await this.hub.must(['dynfarm', 'token', 'create', ...options])).trim()
  }

  /** A machine of a site, which is a host around the hub. */
  async joinNode(host: string, site: string): Promise<void> {
    await this.join(host, serverUrl, ['--site', site])
  }

  /** A host around the hub joins by a token, typed. */
  async join(host: string, url: string, options: readonly string[]): Promise<void> {
    const token = await this.token(...options)
    const keep = ['sh', '-c', 'umask 077; cat >/root/token']
    await this.must(host, keep, { input: token, quiet: true })
    await this.must(host, ['dynfarm', 'join', '--server', url, '--token-file', '/root/token'])
  }
}

/**
 * As its administrator sets it up, after the package is installed. The hub has not begun when this ends: what comes next may go on beside
 * it.
 */
export async function setUp(farm: Farm): Promise<{ centre: Centre; hubBegins: Promise<string> }> {
  const hub = farm.centre()
  await hub.booted()
  const centre = new Centre(hub)
  await configure(hub)
  await hub.sh('systemd-sysusers; systemd-tmpfiles --create dynfarm.conf')
  await hub.must(['systemctl', 'enable', '--now', 'dynfarm-server'])
  await Promise.all([enrolHub(centre), ...['lsf', 'ce'].map((name) => joinService(centre, name))])
  const hubBegins = hub.must(['systemctl', 'enable', '--now', 'dynfarm-hub'])
  return { centre, hubBegins }
}

async function joinService(centre: Centre, name: string): Promise<void> {
  await centre.join(name, insideUrl, ['--role', 'service', '--name', name])
}

async function configure(hub: Machine): Promise<void> {
  await hub.must(['dynfarm', 'init', '/etc/dynfarm', '--centre', 'example'])
  await hub.sh('rm /etc/dynfarm/sites/*')
  for (const file of ['centre.yaml', 'sites/aruba.yaml', 'sites/openstack.yaml']) {
    const content = readFileSync(join(import.meta.dirname, 'profile', file), 'utf8')
    await hub.write(`/etc/dynfarm/${file}`, content)
  }
}

async function enrolHub(centre: Centre): Promise<void> {
  const { hub } = centre
  await hub.write('/root/token', await centre.token('--role', 'hub', '--name', 'hub1'), '0600')
  await hub.must(['dynfarm', 'join', '--server', serverUrl, '--token-file', '/root/token'])
}
