import type { CommandStep } from './step.ts'
import { quoteWord, renderArgv } from './text.ts'

/** Steps as a shell script that does the same on a host without dynfarm: batches become single commands. */
export function renderScript(steps: readonly CommandStep[]): string {
  return steps.map((step) => `# ${step.reason}\n${commands(step)}`).join('\n')
}

function commands({ argv, input }: CommandStep): string {
  if (input === undefined) return `${renderArgv(argv)}\n`
  const text = typeof input === 'string' ? input : input.secret
  const [program, ...options] = argv
  if (program === 'ip' && options.includes('-batch')) return ipLines(options, text)
  return `${renderArgv(argv)} <<'END'\n${text}END\n`
}

/** A line of `ip -batch` is a command of ip without its first word. */
function ipLines(options: readonly string[], text: string): string {
  const family = options.filter((option) => option === '-4' || option === '-6')
  const head = ['ip', ...family].map(quoteWord).join(' ')
  return text.replace(/^(?=.)/gm, `${head} `)
}
