import type { Argv, CommandStep, UndoCommand } from '../plan/step.ts'
import type { Family } from './address.ts'

/** One line as `ip -batch` takes it, and the lines that take it back. */
export interface IpLine {
  line: string
  undo?: readonly string[]
}

interface IpBatch {
  reason: string
  family?: Family
  lines: readonly IpLine[]
}

/** No line, no Step; one line is a plain command; many are one batch. */
export function ipSteps({ reason, family, lines }: IpBatch): CommandStep[] {
  const ip: Argv = family === undefined ? ['ip'] : ['ip', family === 'ipv4' ? '-4' : '-6']
  const undo = undoCommands(ip, lines)
  const [first, ...more] = lines
  if (first === undefined) return []
  const command: Pick<CommandStep, 'argv' | 'input'> =
    more.length === 0
      ? { argv: [...ip, ...first.line.split(' ')] }
      : { argv: [...ip, '-batch', '-'], input: text(lines.map(({ line }) => line)) }
  return [{ kind: 'command', reason, ...command, ...(undo.length > 0 && { undo }) }]
}

/** Backwards, and going on after a line that fails: a batch may have been cut off anywhere. */
function undoCommands(ip: Argv, lines: readonly IpLine[]): UndoCommand[] {
  const undo = lines.toReversed().flatMap((change) => change.undo ?? [])
  const [first, ...more] = undo
  if (first === undefined) return []
  if (more.length === 0) return [{ argv: [...ip, ...first.split(' ')] }]
  return [{ argv: [...ip, '-force', '-batch', '-'], input: text(undo) }]
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}
