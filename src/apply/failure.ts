import { DynfarmError } from '../errors.ts'
import { renderAction } from '../plan/render.ts'
import type { Step, WaitStep } from '../plan/step.ts'
import { visibleLines } from '../plan/text.ts'
import type { Outcome } from './machine.ts'
import type { Scrub } from './scrub.ts'
import { isSystemError, systemMessage } from './system-error.ts'

const MOST_LINES = 5
const LONGEST_LINE = 300

/** How a command ended, to follow its name. */
export function describeEnd({ code, timedOut }: Outcome): string {
  return timedOut === true ? 'did not end in time and was stopped' : `ended with exit code ${code}`
}

/** The end of what a command said, to follow how it ended: nothing, one line, or an indented block. */
export function lastLines(stderr: string): string {
  const lines = visibleLines(stderr)
    .filter((line) => line.trim() !== '')
    .slice(-MOST_LINES)
    .map((line) => line.slice(0, LONGEST_LINE))
  return lines.length > 1
    ? `:\n${indented(lines)}`
    : lines.map((line) => `: ${line.trim()}`).join('')
}

export function stepFailed(step: Step, outcome: Outcome, scrub: Scrub): DynfarmError {
  const stderr = scrub(outcome.stderr)
  const message = `"${renderAction(step)}" ${describeEnd(outcome)}${lastLines(stderr)}`
  const details = { step: renderAction(step), exitCode: outcome.code }
  const type = unknownType(step, stderr)
  if (type === undefined) return new DynfarmError('step-failed', message, { details })
  const named = `this kernel makes no device of type "${type}": ${message}`
  return new DynfarmError('kernel-feature-missing', named, { details })
}

/** Of a device that the kernel has no module for. */
function unknownType(step: Step, stderr: string): string | undefined {
  if (step.kind !== 'command' || !/^Error: Unknown device type/m.test(stderr)) return undefined
  const { argv, input = '' } = step
  const said = `${argv.join(' ')} ${typeof input === 'string' ? input : ''}`
  return /\blink add .*\btype (\w+)/.exec(said)?.[1]
}

export function waitFailed(step: WaitStep, outcome: Outcome, scrub: Scrub): DynfarmError {
  const what = `"${renderAction(step)}" had no success`
  const message = `${what}; it ${describeEnd(outcome)}${lastLines(scrub(outcome.stderr))}`
  return new DynfarmError('step-failed', message, { details: { step: renderAction(step) } })
}

/** Names the Step in whatever it failed with; a bug stays as it is. */
export function failureOf(step: Step, error: unknown): unknown {
  const named = `"${renderAction(step)}" failed`
  const details = { step: renderAction(step) }
  if (isSystemError(error)) {
    const isFixed = step.kind === 'file' && error.code === 'EPERM'
    const remark = isFixed ? '; "lsattr" shows whether it is immutable' : ''
    const message = `${named}: ${systemMessage(error)}${remark}`
    return new DynfarmError('step-failed', message, { cause: error, details })
  }
  if (!(error instanceof DynfarmError) || NAMES_ITSELF.has(error.code)) return error
  return new DynfarmError(error.code, `${named}: ${error.message}`, { cause: error, details })
}

const NAMES_ITSELF: ReadonlySet<string> = new Set([
  ...['step-failed', 'kernel-feature-missing', 'interrupted'],
])

/** What is told after an undo: the failure, what could not be undone, and what has no undo. */
export function afterUndo(failure: unknown, problems: string[], notUndone: string[]): unknown {
  if (problems.length > 0) return undoFailed(failure, problems)
  if (notUndone.length === 0 || !(failure instanceof DynfarmError)) return failure
  const { code, message, cause, details } = failure
  const names = notUndone.map((text) => `"${text}"`).join(', ')
  const left = `what has an undo was undone; these were done and have none: ${names}`
  // What is to be done about it comes first, where the failure says so.
  const own = code === 'step-failed' ? undefined : failure.hint
  const hint = own === undefined ? left : `${own}\n  ${left}`
  return new DynfarmError(code, message, { hint, cause, details: { ...details, notUndone } })
}

function undoFailed(failure: unknown, problems: string[]): DynfarmError {
  const first = failure instanceof Error ? failure.message : String(failure)
  const message = `${first}\nand this could not be undone:\n${indented(problems)}`
  return new DynfarmError('undo-failed', message, { cause: failure, details: { problems } })
}

function indented(lines: string[]): string {
  return lines.map((line) => `    ${line.replaceAll('\n', '\n    ')}`).join('\n')
}
