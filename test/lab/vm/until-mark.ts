/**
 * The bytes of a stream up to a mark. The first byte of a mark occurs in it only once, so that at most
 * a tail that may be its beginning is held back, and everything else appears as it comes.
 */
export async function* untilMark(
  source: AsyncIterable<Buffer>,
  mark: Buffer,
): AsyncGenerator<Buffer> {
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    const bytes = Buffer.concat([held, chunk])
    const end = bytes.indexOf(mark)
    const cut = end < 0 ? startOfPart(bytes, mark) : end
    if (cut > 0) yield bytes.subarray(0, cut)
    if (end >= 0) return
    held = bytes.subarray(cut)
  }
  throw new Error('the output was cut off')
}

/** Where the mark may begin that has not come whole; the length where it does not. */
function startOfPart(bytes: Buffer, mark: Buffer): number {
  const first = bytes.indexOf(mark.subarray(0, 1), Math.max(0, bytes.length - mark.length + 1))
  return first < 0 ? bytes.length : first
}
