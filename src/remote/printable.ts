import { cleanLine } from '../protocol/hostile.ts'

/** A line of a host's output for a terminal: tabs stay, a carriage return at its end goes, and what commands the terminal is shown instead of obeyed. */
export function printable(line: Buffer): string {
  return line.toString().replace(/\r$/, '').split('\t').map(cleanLine).join('\t')
}
