import type { Machine } from '../../apply/machine.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { outputOf, partialOutputOf } from '../reading.ts'
import type { RawFacts } from './facts.ts'

const files = {
  hostname: '/proc/sys/kernel/hostname',
  machineId: '/etc/machine-id',
  bootId: '/proc/sys/kernel/random/boot_id',
  dmiUuid: '/sys/class/dmi/id/product_uuid',
  osRelease: '/etc/os-release',
  cpuinfo: '/proc/cpuinfo',
  meminfo: '/proc/meminfo',
  stat: '/proc/stat',
  instanceData: '/run/cloud-init/instance-data.json',
} as const

const hostKeyFiles = 'cat /etc/ssh/ssh_host_*_key.pub'

export async function observeFacts(machine: Machine, network: ObservedNetwork): Promise<RawFacts> {
  const read = Object.entries(files).map(
    async ([name, path]) => [name, (await outputOf(machine, ['cat', path])) ?? ''] as const,
  )
  const [texts, kernel, architecture, sshHostKeys] = await Promise.all([
    Promise.all(read),
    outputOf(machine, ['uname', '-r']),
    outputOf(machine, ['uname', '-m']),
    partialOutputOf(machine, ['sh', '-c', hostKeyFiles]),
  ])
  return {
    ...(Object.fromEntries(texts) as Record<keyof typeof files, string>),
    kernel: kernel?.trim() ?? '',
    architecture: architecture?.trim() ?? '',
    sshHostKeys,
    addresses: ownAddresses(network),
  }
}

/** Those by which others could know it. */
function ownAddresses({ foreign }: ObservedNetwork): string[] {
  return foreign.addresses
    .filter(({ dev }) => dev !== 'lo')
    .map(({ address }) => address.replace(/\/\d+$/, ''))
    .filter((address) => !/^(fe80|169\.254)/.test(address))
}
