import type { CommandStep } from '../plan/step.ts'

/** With the SELinux type that its place has by rule, which a plain mkdir would not give it. */
export function makeFolder(path: string, mode: number, reason: string): CommandStep {
  const argv = ['mkdir', '-Z', '-m', octal(mode), '--', path] as const
  return { kind: 'command', reason, argv, undo: [{ argv: remove(path) }] }
}

/** Only when nothing else has come into it. */
export function removeFolder(path: string, mode: number, reason: string): CommandStep {
  const back = ['mkdir', '-p', '-Z', '-m', octal(mode), '--', path] as const
  return { kind: 'command', reason, argv: remove(path), undo: [{ argv: back }] }
}

function remove(path: string) {
  return ['rmdir', '--ignore-fail-on-non-empty', '--', path] as const
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
