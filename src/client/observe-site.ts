import type { Machine } from '../apply/machine.ts'
import { recordedFiles } from '../apply/recorded.ts'
import { HOSTNAME, KERNEL_HOSTNAME, type ObservedHostname } from '../site/hostname.ts'
import { HOSTS } from '../site/hosts.ts'
import type { ObservedSite } from '../site/plan-site.ts'
import { readCommands } from '../site/read.ts'
import type { SiteWanted } from '../site/wanted.ts'
import { observeCloudInit } from './observe-cloud-init.ts'
import { observeFiles } from './observe-files.ts'
import { observeSsh } from './observe-ssh.ts'
import { fileUnlessRefused, outputOf } from './reading.ts'

interface ObserveOptions {
  machine: Machine
  /** The state folder, which has the record of what files were before. */
  state: string
}

/** All that planSite must know of the machine; it depends on what is wanted, or on nothing for leave. */
export async function observeSite(
  wanted: SiteWanted | undefined,
  { machine, state }: ObserveOptions,
): Promise<ObservedSite> {
  const paths = (wanted?.files ?? []).map(({ path }) => path)
  const dropped = (wanted?.formerFiles ?? []).filter((path) => !paths.includes(path))
  const former = await recordedFiles(dropped, { machine, state })
  const [hostname, hosts, cloudInit, ssh, files] = await Promise.all([
    observeHostname(wanted?.hostname === 'set', machine),
    // What is no file is told by who would write it.
    fileUnlessRefused(machine, HOSTS),
    observeCloudInit(machine),
    observeSsh(wanted, machine),
    observeFiles(wanted?.files ?? [], machine),
  ])
  return { hostname, hosts, cloudInit, ssh, files: { ...files, former } }
}

/** hostnamed has to be started to answer, so it is asked only where it matters. */
async function observeHostname(isSet: boolean, machine: Machine): Promise<ObservedHostname> {
  const [kernel, hostnamed, file] = await Promise.all([
    machine.readFile(KERNEL_HOSTNAME),
    isSet ? outputOf(machine, readCommands.hostnamed) : undefined,
    fileUnlessRefused(machine, HOSTNAME),
  ])
  const name = Buffer.from(kernel?.content ?? []).toString('latin1')
  return { kernel: name.trim(), hostnamed: hostnamed?.trim(), file }
}
