import { machine as architecture } from 'node:os'
import type { Machine } from '../../apply/machine.ts'
import { isSystemError } from '../../apply/system-error.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { fileUnlessRefused, partialOutputOf } from '../reading.ts'
import type { RawFacts } from './facts.ts'

const files = {
  hostname: '/proc/sys/kernel/hostname',
  kernel: '/proc/sys/kernel/osrelease',
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
    async ([name, path]) => [name, await textOf(machine, path)] as const,
  )
  const [texts, sshHostKeys] = await Promise.all([
    Promise.all(read),
    partialOutputOf(machine, ['sh', '-c', hostKeyFiles]),
  ])
  return {
    ...(Object.fromEntries(texts) as Record<keyof typeof files, string>),
    ...{ architecture: architecture(), sshHostKeys, addresses: ownAddresses(network) },
  }
}

/** '' where the kernel, or who made the machine, lets nobody read it. */
async function textOf(machine: Machine, path: string): Promise<string> {
  try {
    return Buffer.from((await fileUnlessRefused(machine, path))?.content ?? []).toString()
  } catch (error) {
    if (!isSystemError(error)) throw error
    return ''
  }
}

/** Those by which others could know it. */
function ownAddresses({ foreign }: ObservedNetwork): string[] {
  return foreign.addresses
    .filter(({ dev }) => dev !== 'lo')
    .map(({ address }) => address.replace(/\/\d+$/, ''))
    .filter((address) => !/^(fe80|169\.254)/.test(address))
}
