import type { CommandStep, FileStep, Step, Text } from '../../plan/step.ts'
import { tunnelUnit, unitPath } from '../names.ts'

/** Who looks after a tunnel's process: a unit of systemd, or nobody once it is in the background. */
export type Supervisor = 'systemd' | 'none'

export interface TunnelFile {
  path: string
  content: Text
  mode: number
}

/** By path; what is not there has no entry. */
export type ObservedFiles = ReadonlyMap<string, string>

export function planFiles(files: readonly TunnelFile[], observed: ObservedFiles): FileStep[] {
  return files
    .filter(({ path, content }) => observed.get(path) !== plain(content))
    .map((file) => ({ kind: 'file', reason: 'of a tunnel', ...file }))
}

export function planNoFiles(paths: readonly string[], observed: ObservedFiles): FileStep[] {
  return paths
    .filter((path) => observed.has(path))
    .map((path) => ({ kind: 'file', reason: 'of a tunnel no longer wanted', path, content: null }))
}

/** Wherever one of the Steps touches the unit, systemd reads it again after them. */
export function reloadAfter(steps: readonly Step[], name: string): CommandStep[] {
  const path = unitPath(name)
  if (!steps.some((step) => step.kind === 'file' && step.path === path)) return []
  return [{ kind: 'command', reason: 'read the unit of a tunnel', argv: reload }]
}

export function startUnit(name: string): CommandStep {
  return {
    kind: 'command',
    reason: 'start a tunnel',
    argv: ['systemctl', 'restart', tunnelUnit(name)],
    undo: [{ argv: ['systemctl', 'stop', tunnelUnit(name)] }],
  }
}

/** Its undo comes after the unit is again what it was. */
export function stopUnit(name: string): CommandStep {
  return {
    kind: 'command',
    reason: 'stop a tunnel',
    argv: ['systemctl', 'stop', tunnelUnit(name)],
    undo: [{ argv: reload }, { argv: ['systemctl', 'restart', tunnelUnit(name)] }],
  }
}

export const reload = ['systemctl', 'daemon-reload'] as const

export function plain(text: Text): string {
  return typeof text === 'string' ? text : text.secret
}
