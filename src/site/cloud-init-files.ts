import { whatIsSaid } from './cloud-init-config.ts'
import type { ObservedFile } from './observed.ts'

/** cloud-init's files in the order in which they count, the first before the others. */
export const instanceFiles = [
  '/var/lib/cloud/instance/cloud-config.txt',
  '/var/lib/cloud/instance/vendor2-cloud-config.txt',
  '/var/lib/cloud/instance/vendor-cloud-config.txt',
] as const

export const dropInFolder = '/etc/cloud/cloud.cfg.d'

/** Later names count more, and the machine's runtime configuration more than any. */
export function machineFiles(dropIns: readonly string[]): string[] {
  const last = dropIns
    .filter((path) => path.endsWith('.cfg'))
    .toSorted()
    .toReversed()
  return ['/run/cloud-init/cloud.cfg', ...last, '/etc/cloud/cloud.cfg']
}

/** By its kind of distribution, as cloud.cfg names it. */
export function templateFile(machine: readonly ObservedFile[]): string | undefined {
  const said = whatIsSaid({ instance: [], machine }, 'system_info')?.value
  const { distro } = { distro: undefined, ...(said as object) } as { distro: unknown }
  if (typeof distro !== 'string' || !/^[A-Za-z0-9]+$/.test(distro)) return undefined
  return `/etc/cloud/templates/hosts.${families.get(distro) ?? distro}.tmpl`
}

const families: ReadonlyMap<string, string> = new Map([
  ['ubuntu', 'debian'],
  ...['almalinux', 'amazon', 'centos', 'cloudlinux', 'eurolinux', 'fedora'].map(redHat),
  ...['miraclelinux', 'openEuler', 'openmandriva', 'rhel', 'rocky', 'virtuozzo'].map(redHat),
  ...['opensuse', 'sles', 'sle-micro'].map((name): [string, string] => [name, 'suse']),
])

function redHat(name: string): [string, string] {
  return [name, 'redhat']
}
