import { dirname } from 'node:path'
import { stringify } from 'yaml'
import { type Lab, startLab } from '../lib/lab.ts'
import { type HostOutcome, type HostProcess, killGroup, type LabHost } from '../lib/lab-host.ts'
import type { Topology } from '../lib/topology.ts'

const tree = new URL('../../..', import.meta.url).pathname
const node = `${tree}node_modules/node/bin/node`
const program = `${tree}bin/dynfarm.ts`
export const fixture = (name: string): string => `${tree}test/lab/fixtures/${name}`
const serverUrl = 'https://203.0.113.12:8443'
/** As hosts of the centre reach it. */
const insideUrl = 'https://192.0.2.12:8443'

export const centreYaml = {
  centre: 'example',
  domain: 'farm.example.org',
  server: { urls: [serverUrl, insideUrl], listen: '[::]:8443', admin: '127.0.0.1:8444' },
  nodes: '10.200.0.0/16',
  hubs: { hub1: { public: '203.0.113.10', inner: '10.200.0.1', local: '192.0.2.10' } },
  tunnels: {
    wg: { kind: 'wireguard', hub: 'hub1', port: 51820 },
    udp: { kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1194 },
    tcp: { kind: 'openvpn', hub: 'hub1', proto: 'tcp', port: 443 },
  },
  services: {
    ce: {
      address: '192.0.2.22',
      names: ['ce01.example.org'],
      link: 'vxlan',
      'from-nodes': ['tcp/9618', 'icmp'],
      'to-nodes': ['tcp/9618', 'icmp'],
    },
  },
}

const arubaYaml = {
  site: 'aruba',
  nodes: '10.200.1.0/24',
  tunnels: ['wg', 'udp', 'tcp'],
  services: ['ce'],
  hostname: 'keep',
}

/** A whole centre in a lab: its server, its hub, and machines that may join. */
export class Centre {
  readonly lab: Lab
  /** What dynfarm is on these hosts. */
  readonly commandLine: readonly string[]
  readonly #running = new Map<string, { process: HostProcess; said: string }>()

  constructor(lab: Lab, commandLine: readonly string[] = [node, program]) {
    this.lab = lab
    this.commandLine = commandLine
  }

  async dynfarm(
    host: string,
    argv: readonly string[],
    options: { timeoutMs?: number } = {},
  ): Promise<HostOutcome> {
    const limits = { timeoutMs: 150_000, ...options }
    return await this.lab.host(host).run([...this.commandLine, ...argv], limits)
  }

  /** What a command that must succeed says in JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
  async json(host: string, argv: readonly string[]): Promise<any> {
    const { code, stdout, stderr } = await this.dynfarm(host, [...argv, '--json'])
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}${stdout}`)
    return JSON.parse(stdout)
  }

  /** A daemon, until its host or the lab ends. */
  start(host: string, argv: readonly string[]): void {
    const process = this.lab.host(host).spawn([...this.commandLine, ...argv])
    const running = { process, said: '' }
    process.stderr?.on('data', (data: Buffer) => {
      running.said += data.toString()
    })
    this.#running.set(`${host} ${argv[0]}`, running)
  }

  said(host: string, command: string): string {
    return this.#running.get(`${host} ${command}`)?.said ?? ''
  }

  async kill(host: string, command: string): Promise<void> {
    const running = this.#running.get(`${host} ${command}`)
    killGroup(running?.process.pid)
    await running?.process
  }

  async token(of: object): Promise<string> {
    const body = JSON.stringify({ uses: 10, ttl: 3_600_000, ...of })
    return (await this.lab.host('server').must([node, fixture('make-token.ts'), body])).trim()
  }

  async stop(): Promise<void> {
    await this.lab.stop()
  }
}

export interface CentreOptions {
  machines?: number
  /** Another dynfarm than that of the sources. */
  commandLine?: readonly string[]
  /** Of the lab's own, or another than machines behind a NAT. */
  scenario?: string | Topology
  /** Whether the hub gets its identity by `dynfarm join`, as any other host does. */
  hubJoins?: boolean
  /** Laid over the site. */
  site?: object
  /** Further sites, each laid over the first. */
  sites?: Readonly<Record<string, object>>
  /** Laid over centre.yaml. */
  centre?: object
  hubs?: readonly string[]
  /** Further ones of the configuration folder. */
  files?: Readonly<Record<string, string>>
}

export async function startCentre(options: CentreOptions = {}): Promise<Centre> {
  const { machines = 1, scenario = 'small', hubs = ['hub1'], hubJoins = false } = options
  const lab = await startLab({ scenario, machines })
  const centre = new Centre(lab, options.commandLine)
  try {
    await configure(centre, options)
    await startServer(centre)
    await Promise.all(hubs.map((hub) => enrolHub(centre, hub, hubJoins)))
    return centre
  } catch (error) {
    await lab.stop()
    throw error
  }
}

async function configure(
  centre: Centre,
  { site, sites = {}, centre: ofCentre, files = {} }: CentreOptions,
): Promise<void> {
  const server = centre.lab.host('server')
  await server.must([...centre.commandLine, 'init', '/etc/dynfarm', '--centre', 'example'])
  await server.must(['sh', '-c', 'rm /etc/dynfarm/sites/*'])
  await server.write('/etc/dynfarm/centre.yaml', stringify({ ...centreYaml, ...ofCentre }))
  for (const [name, text] of Object.entries(files)) {
    await server.must(['install', '-d', dirname(`/etc/dynfarm/${name}`)])
    await server.write(`/etc/dynfarm/${name}`, text)
  }
  for (const [name, laid] of Object.entries({ aruba: {}, ...sites }))
    await server.write(
      `/etc/dynfarm/sites/${name}.yaml`,
      stringify({ ...arubaYaml, ...site, site: name, ...laid }),
    )
}

export async function startServer(centre: Centre): Promise<void> {
  centre.start('server', ['serve'])
  await until(
    async () => centre.said('server', 'serve').includes('listens for machines'),
    () => centre.said('server', 'serve'),
  )
}

/** Until its tunnels are there. */
async function enrolHub(centre: Centre, name: string, joins: boolean): Promise<void> {
  const token = await centre.token({ role: 'hub', name, uses: 1 })
  const hub = centre.lab.host(name)
  await hub.write('/root/token', token)
  const way = ['--server', serverUrl, '--token-file', '/root/token']
  if (joins) await centre.json(name, ['join', ...way])
  centre.start(name, ['hub', ...(joins ? [] : way), '--verbose'])
  await until(
    async () => (await hub.must(['ip', '-o', 'link'])).includes(' tun-'),
    () => centre.said(name, 'hub'),
  )
}

/** As its unit would, with what it kept. */
export function startHubAgain(centre: Centre): void {
  centre.start('hub1', ['hub', '--verbose'])
}

/** What `dynfarm join` is given on a machine that never joined. */
export async function giveToken(
  centre: Centre,
  host: LabHost,
  given: { token?: string; deadline?: string; more?: string; class?: string; site?: string } = {},
): Promise<void> {
  const { deadline = '1s', more = '', token: known, ...of } = given
  const token = known ?? (await centre.token({ role: 'node', site: 'aruba', ...of }))
  await host.must(['install', '-d', '/etc/dynfarm'])
  await host.write(
    '/etc/dynfarm/join.yaml',
    `# by hand\nservers: [${serverUrl}]\ntoken: ${token}\ndeadline: ${deadline} # soon\n${more}`,
  )
}

/** For who means to stop it half-way. */
export function startJoin(host: LabHost): HostProcess {
  return host.spawn([node, program, 'join'])
}

/**
 * Until `returns`, by the script that keeps its tunnel awake: in place of the one that runs, and like it but that it looks
 * all the time, and never loses patience with a hub that is silent.
 */
export async function watched(
  { lab, commandLine }: Centre,
  { name, device }: { name: string; device: string },
  returns: () => Promise<boolean>,
): Promise<void> {
  const host = lab.host(name)
  const words = ['0.2', '5', '3600', 'ping', device, '10.200.0.1', ...commandLine, 'join']
  await host.must(['pkill', '-F', '/run/dynfarm/node/keepalive.pid'])
  const script = host.spawn(['sh', '/run/dynfarm/node/keepalive.sh', ...words])
  try {
    await until(returns)
  } finally {
    killGroup(script.pid)
    await script
  }
  // The join that it began is not of its group.
  await until(async () => (await host.run(['pgrep', '-f', ' join$'])).code === 1)
}

/** The far end of the link, by the same command. */
export async function joinService(centre: Centre, name = 'ce'): Promise<HostOutcome> {
  const token = await centre.token({ role: 'service', name, uses: 1 })
  await centre.lab.host(name).write('/root/token', token)
  const way = ['--server', insideUrl, '--token-file', '/root/token']
  return await centre.dynfarm(name, ['join', ...way, '--json'])
}

/** All of a host that a join may touch, as text to compare. */
export async function stateOf(host: LabHost): Promise<Record<string, string>> {
  const commands = {
    routes: 'ip -4 route show table all; ip -6 route show table all',
    addresses: 'ip -o addr',
    rules: 'ip rule; ip -6 rule',
    links: 'ip -o link',
    firewall: 'nft list ruleset',
    files:
      'find /etc /root /run/dynfarm -xdev -type f -not -name "join.yaml*" -exec md5sum {} + | sort; hostname',
    processes: 'ps -eo comm= | grep -xE "openvpn|wireguard-go|ping"',
  }
  const read = Object.entries(commands).map(async ([name, command]) => {
    const { stdout } = await host.run(['sh', '-c', `${command}; :`])
    // The kernel takes up to a second to take "linkdown" from the routes of a device that is up.
    const passing = /(valid_lft|preferred_lft|expires) \w+|@if\d+| linkdown/g
    return [name, stdout.replace(passing, '')]
  })
  return Object.fromEntries(await Promise.all(read))
}

export async function until(
  holds: () => Promise<boolean>,
  explain: () => string = () => '',
  mostMs = 90_000,
): Promise<void> {
  const deadline = Date.now() + mostMs
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`it did not come to that: ${explain()}`)
    await new Promise((wake) => setTimeout(wake, 100))
  }
}
