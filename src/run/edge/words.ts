import type { ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../../errors.ts'
import { READY_MS, readEnd } from './child.ts'

/** Lines `WORD VALUE`, as the scripts write them to descriptor 4. */
export class Words {
  readonly #values = new Map<string, string>()
  readonly #waiting = new Map<string, (value: string | undefined) => void>()
  #isOver = false

  constructor(child: ChildProcess) {
    const lines = createInterface({ input: readEnd(child, 4) })
    lines.on('line', (line) => {
      const [, word = '', value = ''] = /^(\S*) ?(.*)$/.exec(line) ?? []
      this.#values.set(word, value)
      this.#waiting.get(word)?.(value)
    })
    const end = () => {
      this.#isOver = true
      for (const tell of this.#waiting.values()) tell(undefined)
    }
    lines.on('close', end)
    child.on('error', end)
  }

  /** What comes of that name after what was waited for. */
  onNext(name: string, act: (value: string) => void): void {
    this.#waiting.set(name, (value) => {
      if (value !== undefined) act(value)
    })
  }

  /** undefined when no more words come. */
  async word(name: string): Promise<string | undefined> {
    const value = this.#values.get(name)
    if (value !== undefined || this.#isOver) return value
    return await new Promise((tell) => this.#waiting.set(name, tell))
  }

  /** One that is part of the beginning. */
  async soon(name: string): Promise<string> {
    const late = sleep(READY_MS, undefined, { ref: false })
    const value = await Promise.race([this.word(name), late])
    if (value !== undefined) return value
    const silence = this.#isOver ? undefined : `nothing came in ${READY_MS / 1000} s`
    const why = this.#values.get('refused') ?? silence
    const message = 'the namespaces of the job did not come up'
    throw new DynfarmError('namespaces-refused', why === undefined ? message : `${message}: ${why}`)
  }
}
