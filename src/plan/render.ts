import type { CommandStep, FileStep, Step, Text } from './step.ts'
import { quoteWord, renderArgv, visibleLines, visibleText } from './text.ts'

export function renderPlan(steps: readonly Step[]): string {
  return steps.map(renderStep).join('\n')
}

/** The one text form of a Step: a dry run prints it, a real run logs it, tests compare it. */
export function renderStep(step: Step): string {
  const comment = step.reason === '' ? '' : `  # ${visibleText(step.reason)}`
  return [renderAction(step) + comment, ...inputLines(step)].join('\n')
}

/** The first line of a Step without its reason: its name in messages. */
export function renderAction(step: Step): string {
  switch (step.kind) {
    case 'command':
      return renderArgv(step.argv)
    case 'file':
      return renderFile(step)
    case 'wait':
      return `wait up to ${renderDuration(step.timeoutMs)} for ${renderArgv(step.argv)}`
  }
}

export function renderDuration(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${milliseconds / 1000} s`
}

export function isSecret(text: Text | Uint8Array | null): text is { secret: string } {
  return text !== null && typeof text === 'object' && 'secret' in text
}

function renderFile(step: FileStep): string {
  if (step.content === null) return `remove ${quoteWord(step.path)}`
  const facts = [
    ...(step.mode === undefined ? [] : [step.mode.toString(8).padStart(4, '0')]),
    ...(step.owner === undefined ? [] : [visibleText(step.owner)]),
    renderSize(step.content),
  ]
  return `write ${quoteWord(step.path)} (${facts.join(', ')})`
}

function renderSize(content: Text | Uint8Array): string {
  return isSecret(content) ? redacted(content.secret) : countBytes(content)
}

function inputLines(step: Step): string[] {
  return step.kind === 'command' ? shownInput(step).map((line) => `    ${line}`) : []
}

function shownInput({ input }: CommandStep): string[] {
  if (input === undefined) return []
  return isSecret(input) ? [redacted(input.secret)] : visibleLines(input)
}

function redacted(secret: string): string {
  return `<redacted ${countBytes(secret)}>`
}

function countBytes(content: string | Uint8Array): string {
  const bytes = Buffer.byteLength(content)
  return bytes === 1 ? '1 byte' : `${bytes} bytes`
}
