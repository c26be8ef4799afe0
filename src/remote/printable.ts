import { cleanText } from '../protocol/hostile.ts'

/**
 * Lines of a host's output for a terminal: tabs stay, carriage returns at their ends go, and what commands the terminal is
 * shown instead of obeyed.
 */
export function printable(lines: Buffer): Buffer {
  return Buffer.from(cleanText(lines.toString().replaceAll('\r\n', '\n')))
}
