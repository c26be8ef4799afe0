import type { CommandStep } from '../plan/step.ts'
import { visibleLines } from '../plan/text.ts'
import type { CheckWanted, CommandWanted } from './wanted.ts'

/**
 * What was found right before a command's turn: commands are planned one by one, because each may change what the
 * next one finds.
 */
export interface ObservedCommand {
  /** The exit code of `unless`. */
  unlessCode?: number | undefined
  /** Whether the path of `creates` exists. */
  createsExists?: boolean | undefined
}

/** Nothing where there is nothing to do. */
export function planCommand(
  command: CommandWanted,
  { unlessCode, createsExists = false }: ObservedCommand,
): CommandStep | undefined {
  if (unlessCode === 0 || createsExists) return undefined
  const { name, run, undo, timeoutMs } = command
  const step: CommandStep = { kind: 'command', reason: name, argv: run, timeoutMs }
  return undo === undefined ? step : { ...step, undo: [{ argv: undo }] }
}

export interface CheckResult {
  name: string
  passed: boolean
  /** How it ended, and the last of what it said, harmless for a terminal. */
  end: string
}

interface CheckOutcome {
  code: number
  stdout: string
  stderr: string
  timedOut?: boolean
}

/** One try: a check that wants to wait for something waits by itself, up to its timeout. */
export function judgeCheck({ name, timeoutMs }: CheckWanted, outcome: CheckOutcome): CheckResult {
  const { code, stdout, stderr, timedOut = false } = outcome
  const how = timedOut ? `did not end within ${timeoutMs / 1000} s` : `ended with exit code ${code}`
  const said = tail(`${stdout}\n${stderr}`)
  return { name, passed: code === 0 && !timedOut, end: said === '' ? how : `${how}: ${said}` }
}

const MOST_LINES = 5
const LONGEST_LINE = 300

function tail(text: string): string {
  const lines = visibleLines(text).filter((line) => line.trim() !== '')
  return lines
    .slice(-MOST_LINES)
    .map((line) => line.slice(0, LONGEST_LINE))
    .join('\n')
}
