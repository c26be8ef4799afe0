import type { Killed } from './far-side/command.ts'

/** How it went on a host: exactly one of these. */
export const hostClasses = [
  'ok',
  'failed',
  'timeout',
  'unreachable',
  'refused',
  'hostkey',
  'lost',
  'killed',
  'skipped',
] as const
export type HostClass = (typeof hostClasses)[number]

/** How far it got: each phase but the first has a deadline. */
export type Phase = 'select' | 'connect' | 'auth' | 'open' | 'run' | 'exit'

/** What kept a command from ending by itself. It is told in the host's record and never ends the run. */
export class HostFault extends Error {
  readonly hostClass: HostClass
  readonly phase: Phase
  /** The host dropped the connection unheard, as a busy sshd does; the same again may succeed. */
  readonly isDrop: boolean

  constructor(hostClass: HostClass, phase: Phase, { reason, isDrop = false }: FaultDetails) {
    super(reason)
    this.hostClass = hostClass
    this.phase = phase
    this.isDrop = isDrop
  }
}

interface FaultDetails {
  reason: string
  isDrop?: boolean
}

export interface Outcome {
  class: HostClass
  phase: Phase
  /** Whether the command was begun. What was not may be tried again. */
  started: boolean
  exit?: number
  signal?: string
  reason?: string
  /** What was done about the processes of a command that did not end by itself. */
  killed?: Killed & { verified: boolean }
}

export function outcomeOf({ hostClass, phase, message }: HostFault, started: boolean): Outcome {
  return { class: hostClass, phase, started, reason: message }
}
