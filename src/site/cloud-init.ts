import type { FileStep, Step } from '../plan/step.ts'
import { blockSteps } from './block-step.ts'
import { type CloudConfig, isTrue, whatIsSaid } from './cloud-init-config.ts'
import { type HostsWanted, renderLine } from './hosts.ts'
import type { Block, MarkedText } from './marked-text.ts'
import type { ObservedFile } from './observed.ts'

/** After all others: the last drop-in counts, and some are called 99_… or 99-…. */
export const DROP_IN = '/etc/cloud/cloud.cfg.d/zz-dynfarm.cfg'

export interface ObservedCloudInit extends CloudConfig {
  /** There is a folder for drop-ins. */
  takesDropIns: boolean
  /** The drop-in of dynfarm, which is not among the machine's files. */
  dropIn: ObservedFile | undefined
  /** What cloud-init makes /etc/hosts from; undefined where there is none. */
  template: { path: string; file: ObservedFile } | undefined
}

export interface CloudInitWanted extends HostsWanted {
  hostname: 'set' | 'keep'
}

/**
 * Keeps cloud-init from undoing hostname and hosts block at the next boot. A drop-in does where the machine says
 * what cloud-init should do. What the instance's user-data says wins over any drop-in: then the block goes
 * into the template too, from which cloud-init writes /etc/hosts anew.
 */
export function planCloudInit(
  wanted: CloudInitWanted | undefined,
  observed: ObservedCloudInit,
): Step[] {
  const { template } = observed
  const file = { path: template?.path ?? '', reason: 'cloud-init writes /etc/hosts', mode: 0o644 }
  const fromTemplate = wanted !== undefined && writesFromTemplate(observed)
  const decide = (text: MarkedText) => (fromTemplate ? templateBlock(wanted, text) : undefined)
  return [
    ...planDropIn(wanted, observed),
    ...(template === undefined ? [] : blockSteps(file, template.file, decide)),
  ]
}

function planDropIn(wanted: CloudInitWanted | undefined, observed: ObservedCloudInit): FileStep[] {
  const { dropIn, takesDropIns } = observed
  const lines = wanted && takesDropIns ? dropInLines(wanted, observed) : []
  const step = { kind: 'file', reason: 'cloud-init leaves this to dynfarm', path: DROP_IN } as const
  const is = dropIn && Buffer.from(dropIn.content).toString('latin1')
  if (lines.length === 0) return is?.startsWith(HEAD) ? [{ ...step, content: null }] : []
  const content = [HEAD, ...lines, ''].join('\n')
  return is === content || is?.startsWith(HEAD) === false ? [] : [{ ...step, content, mode: 0o644 }]
}

const HEAD = '# written by dynfarm join'

function dropInLines({ hostname }: CloudInitWanted, config: CloudConfig): string[] {
  const hosts = whatIsSaid(config, 'manage_etc_hosts')
  const preserve = whatIsSaid(config, 'preserve_hostname')
  const isThere = config.machine.length > 0
  return [
    ...(managesHosts(hosts?.value) ? ['manage_etc_hosts: false'] : []),
    ...(isThere && hostname === 'set' && !isTrue(preserve?.value)
      ? ['preserve_hostname: true']
      : []),
  ]
}

/** With "localhost" it only adds a line. */
function managesHosts(value: unknown): boolean {
  return isTrue(value) || value === 'template' || value === 'localhost'
}

function writesFromTemplate(config: CloudConfig): boolean {
  const said = whatIsSaid(config, 'manage_etc_hosts')
  return said?.by === 'instance' && (isTrue(said.value) || said.value === 'template')
}

/** The first line of a template says in which language it is. */
function templateBlock({ hosts }: HostsWanted, { foreign, at, made }: MarkedText): Block {
  const top = foreign[0]?.startsWith('##') === true ? 1 : 0
  return { lines: hosts.map(renderLine), at: at ?? top, made }
}
