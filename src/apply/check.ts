import { isAbsolute, normalize } from 'node:path'
import type { Argv, Step } from '../plan/step.ts'

/** Before the first change: what no machine could carry out is the planner's fault. */
export function checkSteps(steps: readonly Step[]): void {
  for (const step of steps) {
    const fault = step.kind === 'file' ? fileFault(step) : argvFault(step.argv)
    if (fault !== undefined) throw new Error(`a planner made a bad step: ${fault}`)
  }
}

function fileFault({ path, mode }: { path: string; mode?: number }): string | undefined {
  const clean = isAbsolute(path) && normalize(path) === path && !path.endsWith('/')
  if (!clean || path.includes('\0')) return `path ${JSON.stringify(path)}`
  const valid = mode === undefined || (Number.isInteger(mode) && mode >= 0 && mode <= 0o7777)
  return valid ? undefined : `mode ${mode} of ${path}`
}

function argvFault(argv: Argv): string | undefined {
  const broken = argv[0] === '' || argv.some((word) => word.includes('\0'))
  return broken ? `argv ${JSON.stringify(argv)}` : undefined
}
