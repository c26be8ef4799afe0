import { excerpt, printable } from './excerpt.ts'

/** Something wrong with the configuration, and where. A file that cannot be read at all has no place. */
export interface Problem {
  /** Relative to the configuration folder. */
  file: string
  line?: number
  column?: number
  /** The way to the value: `services/1`; empty for the file as a whole. */
  where: string
  what: string
  hint?: string
  /** The line's text; absent where there is none, or where it may be secret. */
  source?: string
}

/** All of them as text for a terminal, each with its line and a caret; safe whatever the files hold. */
export function renderProblems(problems: readonly Problem[]): string {
  return problems.map((problem) => `${renderProblem(problem)}\n`).join('')
}

/** `3 problems in 2 files` */
export function countProblems(problems: readonly Problem[]): string {
  const files = new Set(problems.map(({ file }) => file)).size
  return `${plural(problems.length, 'problem')} in ${plural(files, 'file')}`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function renderProblem(problem: Problem): string {
  const lines = [headline(problem)]
  if (problem.source !== undefined) lines.push(...excerpt(problem.source, problem.column ?? 1))
  return lines.join('\n')
}

/** `sites/aruba.yaml:12:5: services/1: no service "cee" in centre.yaml (did you mean "ce"?)` */
function headline({ file, line, column, where, what, hint }: Problem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  const parts = where === '' ? [place, what] : [place, where, what]
  return printable(parts.join(': ') + (hint === undefined ? '' : ` (${hint})`))
}
