const newline = 0x0a
const end = Buffer.from('\n')

/** Longer lines are cut: nobody reads them, and a host that never ends one is not to fill the memory. */
export const longestLine = 256 * 1024

/** Holds back what is no whole line yet. Whole lines stay together: an object for each of them would cost more than they do. */
export class LineKeeper {
  #held: Buffer[] = []
  #heldBytes = 0

  /** The lines that are whole now, each with its newline. */
  take(chunk: Buffer): Buffer {
    const first = chunk.indexOf(newline) + 1
    if (first === 0) {
      this.#hold(chunk)
      return this.#heldBytes > longestLine ? this.#tooLong() : nothing
    }
    const last = chunk.lastIndexOf(newline) + 1
    const whole = [...shorter(this.#release(chunk.subarray(0, first))), chunk.subarray(first, last)]
    this.#hold(chunk.subarray(last))
    return join(whole)
  }

  /** The last line, where it had no newline, with one. */
  rest(): Buffer {
    return this.#heldBytes === 0 ? nothing : this.#release(end)
  }

  #hold(part: Buffer): void {
    if (part.length === 0) return
    this.#held.push(part)
    this.#heldBytes += part.length
  }

  #release(last: Buffer): Buffer {
    const line = this.#heldBytes === 0 ? last : Buffer.concat([...this.#held, last])
    this.#held = []
    this.#heldBytes = 0
    return line
  }

  #tooLong(): Buffer {
    const pieces = shorter(this.#release(nothing))
    this.#hold(pieces.pop() ?? nothing)
    return join(pieces)
  }
}

const nothing = Buffer.alloc(0)

function join(parts: readonly Buffer[]): Buffer {
  const [only = nothing, ...more] = parts.filter(({ length }) => length > 0)
  return more.length === 0 ? only : Buffer.concat([only, ...more])
}

/** One line in pieces that are as long as a line may be; each but the last gets a newline. */
function shorter(line: Buffer): Buffer[] {
  if (line.length <= longestLine) return [line]
  const pieces: Buffer[] = []
  for (let at = 0; at < line.length; at += longestLine) {
    if (at > 0 && line[at] !== newline) pieces.push(end)
    pieces.push(line.subarray(at, at + longestLine))
  }
  return pieces
}

/** The same before each line. */
export function prefixed(lines: Buffer, before: Buffer): Buffer {
  if (before.length === 0) return lines
  const result = Buffer.allocUnsafe(lines.length + before.length * countLines(lines))
  for (let from = 0, to = 0; from < lines.length; ) {
    const next = lines.indexOf(newline, from) + 1
    to += before.copy(result, to)
    to += lines.copy(result, to, from, next)
    from = next
  }
  return result
}

function countLines(lines: Buffer): number {
  let count = 0
  for (let at = lines.indexOf(newline); at !== -1; at = lines.indexOf(newline, at + 1)) count += 1
  return count
}
