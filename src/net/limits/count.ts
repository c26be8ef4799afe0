import type { Argv } from '../../plan/step.ts'
import { deviceName } from '../names.ts'

/** Since the class was made. */
export interface ClassCount {
  bytes: number
  /** Packets for which its queue had no room. */
  dropped: number
}

export function countReading(device: string): Argv {
  return ['tc', '-s', 'class', 'show', 'dev', deviceName(device)]
}

export function parseCounts(output: string): Map<number, ClassCount> {
  const classes = output.matchAll(
    /^class htb 1:([0-9a-f]+) .*\n\s*Sent (\d+) bytes \d+ pkt \(dropped (\d+)/gm,
  )
  return new Map(
    [...classes].map(([, id = '', bytes, dropped]) => [
      Number.parseInt(id, 16),
      { bytes: Number(bytes), dropped: Number(dropped) },
    ]),
  )
}
