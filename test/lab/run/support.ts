import { type Centre, centreYaml, joinService, startCentre } from '../join/centre.ts'
import type { HostOutcome, HostProcess, LabHost } from '../lib/lab-host.ts'
import { ordinaryUser } from '../lib/topology.ts'

const tree = new URL('../../..', import.meta.url).pathname
const node = `${tree}node_modules/node/bin/node`
const program = `${tree}bin/dynfarm.ts`
const packaged = `${tree}dist/dynfarm`
const token = `${ordinaryUser.home}/token`

export const ce = '192.0.2.22'
/** Where the service listens, as its profile allows. */
export const port = '9618'

/** A machine of somebody else's, on which an ordinary user runs jobs. */
export class Lender {
  readonly centre: Centre
  readonly host: LabHost
  readonly token: string

  constructor(centre: Centre, secret: string) {
    this.centre = centre
    this.host = centre.lab.host('aruba-a')
    this.token = secret
  }

  argv(options: readonly string[], command: readonly string[]): string[] {
    const given = ['--server', 'https://203.0.113.12:8443', '--token-file', token]
    return [node, program, 'run', ...given, ...options, '--', ...command]
  }

  async run(command: readonly string[], options: readonly string[] = []): Promise<HostOutcome> {
    const limits = { ordinary: true, timeoutMs: 60_000 }
    return await this.host.run(this.argv(options, command), limits)
  }

  async sh(script: string, options: readonly string[] = []): Promise<HostOutcome> {
    return await this.run(['sh', '-c', script], options)
  }

  spawn(command: readonly string[], options: readonly string[] = []): HostProcess {
    return this.host.spawn(this.argv(options, command), { ordinary: true })
  }

  /** By the one executable, as users have it: it begins faster, which counts where many do. */
  spawnPackaged(command: readonly string[], options: readonly string[] = []): HostProcess {
    const [, , ...words] = this.argv(options, command)
    return this.host.spawn([packaged, ...words], { ordinary: true })
  }

  /** The process of dynfarm itself, as the host counts. */
  async dynfarm(): Promise<number> {
    const pattern = `^${node} ${program} run `
    return Number((await this.host.must(['pgrep', '-o', '-f', pattern])).trim())
  }

  /** All that a job could leave: processes, mounts, files. Sockets of the shell that asks are its own. */
  async traces(): Promise<string> {
    const look = [
      `ps -U ${ordinaryUser.uid} -o args= | grep -v '^ps '`,
      'find /tmp /run /var/tmp /dev/shm -mindepth 1 -user alice',
      'grep -c . /proc/self/mountinfo; ip -o link',
    ]
    return await this.host.must(['sh', '-c', `${look.join('; ')}; :`])
  }

  async names(): Promise<string[]> {
    const { stdout } = await this.centre.dynfarm('server', ['node', 'list', '--json'])
    const jobs = stdout.split('\n').filter((line) => line !== '')
    return jobs.map((line) => JSON.parse(line).name).filter((name) => name?.includes('-job-'))
  }
}

export async function startLender(site: object = {}): Promise<Lender> {
  const hub1 = { public: '203.0.113.10', inner: '10.200.0.1', local: '192.0.2.10', socks: 8445 }
  const open = [`tcp/${port}`, 'tcp/9619', 'icmp']
  const centre = await startCentre({
    site: { jobs: '10.200.64.0/20', tunnels: ['udp', 'wg'], ...site },
    centre: { hubs: { hub1 }, services: { ce: { ...centreYaml.services.ce, 'from-nodes': open } } },
  })
  await joinService(centre)
  const secret = await centre.token({ role: 'job', site: 'aruba', uses: 200 })
  const lender = new Lender(centre, secret)
  await lender.host.must(['sh', '-c', 'umask 077; cat >"$1"; chown alice "$1"', 'sh', token], {
    input: secret,
  })
  return lender
}
