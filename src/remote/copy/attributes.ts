import { isPlain, lineOf } from './names.ts'
import type { Placed } from './plan-put.ts'

/** What the far side's script for modes and times reads; those that follow each other and have the same go together. */
export function renderAttributes(attributes: readonly Placed[]): string {
  let last = ''
  const lines: string[] = []
  for (const { entry, path } of attributes) {
    const group = `g ${entry.mode.toString(8)} ${entry.mtime}`
    if (group !== last) lines.push(group)
    last = group
    lines.push(`${isPlain(path) ? 'p' : 'pe'} ${lineOf(path)}`)
  }
  return lines.map((line) => `${line}\n`).join('')
}
