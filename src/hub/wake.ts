/** Lets one loop sleep until there is something to do. Any number of wakings before it looks count as one. */
export class Wake {
  #isAwake = false
  #resume: (() => void) | undefined

  wake(): void {
    this.#isAwake = true
    this.#resume?.()
  }

  /** After so many milliseconds at the latest, and at once when it was woken since the last time or is to end. */
  async next(milliseconds: number, end: AbortSignal): Promise<void> {
    if (!this.#isAwake && !end.aborted) await this.#sleep(milliseconds, end)
    this.#isAwake = false
  }

  #sleep(milliseconds: number, end: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        end.removeEventListener('abort', done)
        this.#resume = undefined
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      end.addEventListener('abort', done)
      this.#resume = done
    })
  }
}
