const newline = 0x0a

/** Longer lines are cut: nobody reads them, and a host that never ends one is not to fill the memory. */
export const longestLine = 256 * 1024

/** Cuts a stream into whole lines, without their newlines. */
export class LineCutter {
  #held: Buffer[] = []
  #heldBytes = 0

  take(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let from = 0
    for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
      lines.push(...cut(this.#release(chunk.subarray(from, at))))
      from = at + 1
    }
    this.#hold(chunk.subarray(from))
    if (this.#heldBytes > longestLine) lines.push(...this.#whole())
    return lines
  }

  /** The last line, where it had no newline. */
  rest(): Buffer[] {
    return this.#heldBytes === 0 ? [] : [this.#release(Buffer.alloc(0))]
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return
    this.#held.push(part)
    this.#heldBytes += part.length
  }

  #release(end: Buffer): Buffer {
    const line = this.#heldBytes === 0 ? end : Buffer.concat([...this.#held, end])
    this.#held = []
    this.#heldBytes = 0
    return line
  }

  /** The pieces of what is held that are as long as a line may be. */
  #whole(): Buffer[] {
    const pieces = cut(this.#release(Buffer.alloc(0)))
    this.#hold(pieces.pop() ?? Buffer.alloc(0))
    return pieces
  }
}

function cut(line: Buffer): Buffer[] {
  if (line.length <= longestLine) return [line]
  const pieces: Buffer[] = []
  for (let at = 0; at < line.length; at += longestLine)
    pieces.push(line.subarray(at, at + longestLine))
  return pieces
}
