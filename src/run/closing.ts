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

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close()
  }
}
