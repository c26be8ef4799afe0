import type { CommandStep, Step } from '../plan/step.ts'
import type { ObservedFile } from './observed.ts'

export interface ObservedHostname {
  /** What the kernel says. */
  kernel: string
  /** What systemd-hostnamed keeps for the next boot, '' for none; undefined where it does not answer. */
  hostnamed: string | undefined
  /** HOSTNAME */
  file: ObservedFile | undefined
}

export const HOSTNAME = '/etc/hostname'
export const KERNEL_HOSTNAME = '/proc/sys/kernel/hostname'

/** Gives the machine its node's name, now and for the next boot. */
export function planHostname(name: string | undefined, observed: ObservedHostname): Step[] {
  if (name === undefined) return []
  return observed.hostnamed === undefined
    ? planByFile(name, observed)
    : planByDaemon(name, observed.hostnamed, observed.kernel)
}

/** hostnamed writes file and kernel, and tells whoever listens, as NetworkManager does. */
function planByDaemon(name: string, former: string, kernel: string): CommandStep[] {
  const set = (to: string) => ['hostnamectl', '--static', 'set-hostname', to] as const
  const undo = [
    { argv: set(former) },
    ...(former === kernel ? [] : [{ argv: ['hostname', kernel] as const }]),
  ]
  const step: CommandStep = { kind: 'command', reason: REASON, argv: set(name), undo }
  // hostnamed leaves the kernel alone when its file has the name already.
  const now = kernelStep(name, kernel)
  return former === name ? now : [step]
}

function planByFile(name: string, { kernel, file }: ObservedHostname): Step[] {
  const write = { kind: 'file', reason: REASON, path: HOSTNAME, content: `${name}\n` } as const
  return [...(nameIn(file) === name ? [] : [write]), ...kernelStep(name, kernel)]
}

/** hostname(5): the first line that is no comment. */
function nameIn(file: ObservedFile | undefined): string | undefined {
  const lines = Buffer.from(file?.content ?? [])
    .toString('latin1')
    .split('\n')
  return lines.map((line) => line.trim()).find((line) => line !== '' && !line.startsWith('#'))
}

function kernelStep(name: string, kernel: string): CommandStep[] {
  if (kernel === name) return []
  const undo = [{ argv: ['hostname', kernel] as const }]
  return [{ kind: 'command', reason: REASON, argv: ['hostname', name], undo }]
}

const REASON = "the node's name"
