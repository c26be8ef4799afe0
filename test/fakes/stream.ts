import type { Stream } from '../../src/log.ts'

/** A stream that keeps what is written to it. */
export class KeptStream implements Stream {
  readonly isTTY: boolean
  text = ''

  constructor({ isTTY = false } = {}) {
    this.isTTY = isTTY
  }

  write(data: string | Uint8Array, written?: () => void): void {
    this.text += typeof data === 'string' ? data : Buffer.from(data).toString()
    written?.()
  }
}
