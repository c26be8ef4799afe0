/** What was opened is closed, the last first, also when it was still about to open. */
export class Closing {
  readonly #closers: (() => unknown)[] = []

  after<T>(opening: Promise<T>, close: (opened: T) => unknown): Promise<T> {
    this.#closers.push(async () => {
      const opened = await opening.then(
        (value) => ({ value }),
        () => undefined,
      )
      if (opened !== undefined) await close(opened.value)
    })
    return opening
  }

  /** What cannot be closed keeps nothing else open. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).toReversed())
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    if (failures.length > 0) throw failures[0]
  }
}
