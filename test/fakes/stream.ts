import type { Stream } from '../../src/log.ts'

/** A stream that keeps what is written to it. */
export class KeptStream implements Stream {
  readonly isTTY: boolean
  text = ''

  constructor({ isTTY = false } = {}) {
    this.isTTY = isTTY
  }

  write(text: string): void {
    this.text += text
  }
}
