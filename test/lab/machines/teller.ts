import type { Outcome } from './agent.ts'
import type { Told } from './machine.ts'

/** Shows each command as somebody would type it on that host, and what it said. */
export class Teller {
  readonly #out: NodeJS.WritableStream

  constructor(out: NodeJS.WritableStream) {
    this.#out = out
  }

  chapter(title: string): void {
    this.#out.write(`\n== ${title} ==\n`)
  }

  say(text: string): void {
    this.#out.write(`${text}\n`)
  }

  readonly told: Told = (on, argv, { stdout, stderr }) => {
    const [program, host = '', ...rest] = argv
    const isInside = program === 'scene-in'
    const [where, typed] = isInside ? [host, rest] : [on, argv]
    const isToken = typed.includes('token')
    const said = isToken ? '(the token)\n' : stdout + stderr
    this.#out.write(`\n${where}$ ${lineOf(typed)}\n${said}`)
  }

  async refused(code: number, running: Promise<Outcome>): Promise<void> {
    const outcome = await running
    this.say(`exit code ${outcome.code}`)
    if (outcome.code !== code) throw new Error(`exit code ${outcome.code} instead of ${code}`)
  }
}

function lineOf(argv: readonly string[]): string {
  return argv[0] === 'sh' ? (argv[2] ?? '').trim() : argv.join(' ')
}
