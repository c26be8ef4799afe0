import { DynfarmError } from '../errors.ts'
import type { Step } from '../plan/step.ts'
import { DROP_IN, type ObservedCloudInit, planCloudInit } from './cloud-init.ts'
import type { ObservedFiles } from './files/observed-files.ts'
import { planFiles } from './files/plan-files.ts'
import { HOSTNAME, type ObservedHostname, planHostname } from './hostname.ts'
import { HOSTS, planHosts } from './hosts.ts'
import type { ObservedFile } from './observed.ts'
import type { ObservedSsh } from './ssh/keys.ts'
import { planKeys } from './ssh/plan-keys.ts'
import type { SiteProblem, SiteWanted } from './wanted.ts'

export interface ObservedSite {
  hostname: ObservedHostname
  hosts: ObservedFile | undefined
  cloudInit: ObservedCloudInit
  ssh: ObservedSsh
  files: ObservedFiles
}

export interface SitePlan {
  /** In their order; commands and checks come after them, one by one. */
  parts: SitePart[]
  problems: SiteProblem[]
  /** Why there is nothing but the keys of the administrators who are to mend it. */
  refusal?: DynfarmError
}

export interface SitePart {
  name: 'ssh' | 'hostname' | 'hosts' | 'files'
  /**
   * Whether leave takes it back from the record. A block is not on record: the file around it belongs to others,
   * so leave plans with nothing wanted, which takes out the block and keeps what came in since.
   */
  record: boolean
  steps: Step[]
}

/**
 * With nothing wanted: what takes the blocks away. The keys come first, so that whatever is wrong with the rest can be mended; what no
 * plan can do is known before the rest begins.
 */
export function planSite(wanted: SiteWanted | undefined, observed: ObservedSite): SitePlan {
  const keys = planKeys(wanted && { ...wanted, addresses: wanted.node.addresses }, observed.ssh)
  const { problems, steps } = keys
  const first: SitePart = { name: 'ssh', record: false, steps }
  try {
    return { parts: [first, ...planRest(wanted, observed)], problems }
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    return { parts: [first], problems, refusal: error }
  }
}

function planRest(wanted: SiteWanted | undefined, observed: ObservedSite): SitePart[] {
  const name = wanted?.hostname === 'set' ? wanted.node.name : undefined
  const files = { files: wanted?.files ?? [], kept: wanted ? keptFiles(wanted, observed) : [] }
  const names = [...planCloudInit(wanted, observed.cloudInit), ...planHosts(wanted, observed.hosts)]
  return [
    { name: 'hostname', record: true, steps: planHostname(name, observed.hostname) },
    { name: 'hosts', record: false, steps: names },
    { name: 'files', record: true, steps: planFiles(files, observed.files) },
  ]
}

/** What dynfarm writes into by itself, and a file of the site would contradict. */
function keptFiles({ hostname, admins }: SiteWanted, { ssh, cloudInit }: ObservedSite): string[] {
  return [
    HOSTS,
    DROP_IN,
    ...(cloudInit.template === undefined ? [] : [cloudInit.template.path]),
    ...(hostname === 'set' ? [HOSTNAME] : []),
    ...(admins.length > 0 ? ssh.candidates : []),
  ]
}
