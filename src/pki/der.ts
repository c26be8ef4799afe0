/** As much of DER as a certificate request needs: tags of one byte, and contents below 64 KiB. */

export interface Element {
  tag: number
  content: Buffer
  /** Tag and length included. */
  whole: Buffer
}

/** The elements that follow each other in these bytes, or undefined where they are not DER throughout. */
export function readElements(bytes: Buffer): Element[] | undefined {
  const elements: Element[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = readElement(bytes.subarray(at))
    if (element === undefined) return undefined
    elements.push(element)
    at += element.whole.length
  }
  return elements
}

function readElement(bytes: Buffer): Element | undefined {
  const size = readLength(bytes)
  const tag = bytes[0]
  if (tag === undefined || size === undefined) return undefined
  const end = size.header + size.content
  if (end > bytes.length) return undefined
  return { tag, content: bytes.subarray(size.header, end), whole: bytes.subarray(0, end) }
}

/** Every length has one spelling only, the shortest. */
function readLength(bytes: Buffer): { header: number; content: number } | undefined {
  const [, first = 0x80, high = 0, low = 0] = bytes
  if (first < 0x80) return { header: 2, content: first }
  if (first === 0x81 && high >= 0x80) return { header: 3, content: high }
  if (first === 0x82 && high > 0) return { header: 4, content: high * 256 + low }
  return undefined
}

export function renderElement(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...renderLength(content.length)]), content])
}

function renderLength(length: number): number[] {
  if (length < 0x80) return [length]
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
}
