import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Outcome {
  code: number
  stdout: string
  stderr: string
}

const answerMs = 120_000

/** The QEMU guest agent of a machine: a line asks, a line answers, one at a time. */
export class Agent {
  readonly #port: Duplex
  #text = ''
  #onLine: (line: string) => void = () => {}
  readonly #gone = new AbortController()
  #last: Promise<unknown> = Promise.resolve()

  constructor(port: Duplex) {
    this.#port = port
    port.setEncoding('utf8')
    port.on('data', (text: string) => this.#hear(text))
    // A machine whose power failed.
    port.on('error', () => {})
  }

  /** Runs a command to its end; 128 + N when signal N ended it. */
  async run(argv: readonly string[], input: string, timeoutMs: number): Promise<Outcome> {
    const [path = '', ...arg] = argv
    const { pid } = (await this.#ask('guest-exec', {
      ...{ path, arg, 'capture-output': true },
      ...(input !== '' && { 'input-data': Buffer.from(input).toString('base64') }),
    })) as { pid: number }
    const begin = Date.now()
    for (;;) {
      const status = (await this.#ask('guest-exec-status', { pid })) as ExecStatus
      if (status.exited) return outcomeOf(status)
      const since = Date.now() - begin
      if (since > timeoutMs) throw new Error(`"${argv.join(' ')}" did not end in time`)
      // Each question takes time of an emulated processor.
      await sleep(Math.min(2000, Math.max(50, since / 5)))
    }
  }

  /** There is no machine any more: whoever waits for an answer, or asks, gets this. */
  end(reason: Error): void {
    this.#gone.abort(reason)
  }

  /** Whether it answers, as it does not before the machine has booted. What it still had to say is passed over. */
  async isThere(withinMs: number): Promise<boolean> {
    const id = Math.floor(Math.random() * 2 ** 31)
    const isMine = (answer: unknown) => answer === id
    return await this.#ask('guest-sync', { id }, { isMine, withinMs }).then(
      () => true,
      () => {
        this.#gone.signal.throwIfAborted()
        return false
      },
    )
  }

  async #ask(execute: string, args: object, how: Hearing = {}): Promise<unknown> {
    const answer = this.#last.then(() => this.#exchange(execute, args, how))
    this.#last = answer.catch(() => {})
    return await answer
  }

  #exchange(execute: string, args: object, { isMine = () => true, withinMs = answerMs }: Hearing) {
    const late = AbortSignal.timeout(withinMs)
    const over = AbortSignal.any([late, this.#gone.signal])
    return new Promise((resolve, reject) => {
      const giveUp = () =>
        reject(late.aborted ? new Error(`no answer to "${execute}" in time`) : over.reason)
      if (over.aborted) giveUp()
      over.addEventListener('abort', giveUp)
      this.#onLine = (line) => {
        const answer = JSON.parse(line) as { return?: unknown; error?: { desc: string } }
        if (answer.error === undefined && !isMine(answer.return)) return
        over.removeEventListener('abort', giveUp)
        if (answer.error === undefined) resolve(answer.return)
        else reject(new Error(`${execute}: ${answer.error.desc}`))
      }
      this.#port.write(`${JSON.stringify({ execute, arguments: args })}\n`)
    })
  }

  #hear(text: string): void {
    const lines = (this.#text + text).split('\n')
    this.#text = lines.pop() ?? ''
    for (const line of lines) this.#onLine(line)
  }
}

interface Hearing {
  isMine?: (answer: unknown) => boolean
  withinMs?: number
}

interface ExecStatus {
  exited: boolean
  exitcode?: number
  signal?: number
  'out-data'?: string
  'err-data'?: string
}

function outcomeOf({ exitcode, signal = 0, ...data }: ExecStatus): Outcome {
  const text = (base64 = '') => Buffer.from(base64, 'base64').toString()
  return {
    code: exitcode ?? 128 + signal,
    stdout: text(data['out-data']),
    stderr: text(data['err-data']),
  }
}
