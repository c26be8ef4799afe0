import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs'
import { until } from '../join/centre.ts'
import type { LabHost } from '../lib/lab-host.ts'

/** How long a job has between SIGTERM and SIGKILL, in seconds. */
const graceSeconds = 3

/** How slurmd knows which processes are a job's. */
type Tracking = 'cgroup' | 'linuxproc'

/** A batch system on one host: slurmctld and slurmd beside each other, as nothing else here needs a second host. */
export class Slurm {
  readonly host: LabHost
  readonly #cgroup: string | undefined

  constructor(host: LabHost, cgroup: string | undefined) {
    this.host = host
    this.#cgroup = cgroup
  }

  get tracking(): Tracking {
    return this.#cgroup === undefined ? 'linuxproc' : 'cgroup'
  }

  /** The number of the new job. */
  async submit(script: string, options: readonly string[] = []): Promise<string> {
    const argv = ['sbatch', '--parsable', '--chdir=/home/alice', '--output=out-%j', ...options]
    const ordinary = { ordinary: true, input: `#!/bin/sh\n${script}\n` }
    return (await this.host.must(argv, ordinary)).trim()
  }

  async said(job: string): Promise<string> {
    return (await this.host.run(['cat', `/home/alice/out-${job}`])).stdout
  }

  async cancel(job: string, options: readonly string[] = []): Promise<void> {
    await this.host.must(['scancel', ...options, job], { ordinary: true })
  }

  /** State and exit code, `CODE:SIGNAL`, once it has ended. */
  async ended(job: string): Promise<{ state: string; exit: string }> {
    let last = ''
    await until(
      async () => {
        last = await this.host.must(['scontrol', '--oneliner', 'show', 'job', job])
        return !/JobState=(PENDING|RUNNING|COMPLETING|SUSPENDED) /.test(last)
      },
      () => last,
    )
    const [, state = ''] = /JobState=(\w+)/.exec(last) ?? []
    const [, exit = ''] = / ExitCode=(\S+)/.exec(last) ?? []
    return { state, exit }
  }

  /** What of the kernel's is left that the end of the host does not take along. */
  end(): void {
    if (this.#cgroup !== undefined) removeTree(this.#cgroup)
  }
}

/** By cgroups where this kernel has the first version of them; slurmd takes the second only from systemd. */
export async function startSlurm(host: LabHost): Promise<Slurm> {
  const cgroup = existsSync(freezer) ? await giveCgroup(host) : undefined
  const slurm = new Slurm(host, cgroup)
  await host.write('/etc/slurm/slurm.conf', slurmConf(host.name, slurm.tracking))
  await host.write('/etc/slurm/cgroup.conf', cgroupConf)
  await host.must(['sh', '-c', prepare])
  const munge = ['--foreground', '--force', '--key-file', '/run/munge/key']
  host.spawn(['munged', ...munge])
  host.spawn(['slurmctld', '-D'])
  host.spawn(['slurmd', '-D'])
  await until(async () => (await host.run(['sinfo', '-h', '-o', '%T'])).stdout.trim() === 'idle')
  return slurm
}

const prepare = `mkdir -p /var/spool/slurmctld /var/spool/slurmd /run/munge
umask 077; head -c 1024 /dev/urandom >/run/munge/key`

/** All of Slurm's cgroups below one, which goes when the host is gone. */
async function giveCgroup(host: LabHost): Promise<string> {
  const cgroup = `${freezer}/dynfarm-slurm.${process.pid}`
  for (const name of readdirSync(freezer)) if (isAbandoned(name)) removeTree(`${freezer}/${name}`)
  mkdirSync(cgroup)
  await host.must(['mount', '--bind', cgroup, freezer])
  return cgroup
}

const freezer = '/sys/fs/cgroup/freezer'

function isAbandoned(name: string): boolean {
  const [, pid] = /^dynfarm-slurm\.(\d+)$/.exec(name) ?? []
  return pid !== undefined && !readdirSync('/proc').includes(pid)
}

function removeTree(cgroup: string): void {
  const inner = readdirSync(cgroup, { withFileTypes: true }).filter((one) => one.isDirectory())
  for (const { name } of inner) removeTree(`${cgroup}/${name}`)
  rmdirSync(cgroup)
}

function slurmConf(host: string, tracking: Tracking): string {
  const settings = {
    ...{ ClusterName: 'lab', SlurmctldHost: host, SlurmUser: 'root' },
    ...{ StateSaveLocation: '/var/spool/slurmctld', SlurmdSpoolDir: '/var/spool/slurmd' },
    ...{ SlurmctldPidFile: '/run/slurmctld.pid', SlurmdPidFile: '/run/slurmd.pid' },
    ...{ ProctrackType: `proctrack/${tracking}`, TaskPlugin: 'task/none', MpiDefault: 'none' },
    ...{ SelectType: 'select/cons_tres', SelectTypeParameters: 'CR_CPU' },
    ...{ SlurmdParameters: 'config_overrides', SchedulerParameters: 'batch_sched_delay=0' },
    ...{ KillWait: graceSeconds, ReturnToService: 2 },
  }
  return [
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    `NodeName=${host} CPUs=16 State=UNKNOWN`,
    `PartitionName=lend Nodes=${host} Default=YES State=UP`,
  ]
    .map((line) => `${line}\n`)
    .join('')
}

const cgroupConf = `CgroupPlugin=cgroup/v1
CgroupAutomount=no
`
