import type { Argv } from '../../plan/step.ts'
import { deviceName } from '../names.ts'
import { byTree, classId } from './parse.ts'

/** Since the class was made. */
export interface ClassCount {
  bytes: number
  /** Packets for which its queue had no room. */
  dropped: number
}

export function countReading(device: string): Argv {
  return ['tc', '-s', 'class', 'show', 'dev', deviceName(device)]
}

/** By the number of the tree, then by that of the class. */
export type Counts = ReadonlyMap<number, ReadonlyMap<number, ClassCount>>

export function parseCounts(output: string): Counts {
  const classes = output.matchAll(
    /^class htb ([0-9a-f]+):([0-9a-f]+) .*\n\s*Sent (\d+) bytes \d+ pkt \(dropped (\d+)/gm,
  )
  return byTree(
    [...classes].map(([, major, minor, bytes, dropped]) => ({
      ...classId(major, minor),
      value: { bytes: Number(bytes), dropped: Number(dropped) },
    })),
  )
}
