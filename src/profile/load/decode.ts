import { isUtf8 } from 'node:buffer'
import type { TextFault } from './grow.ts'

/** UTF-8 as text, without a byte order mark; with a fault where it is something else. */
export function decodeText(content: Uint8Array): { text: string; fault?: TextFault } {
  const [first, second] = content
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return { text: '', fault: { offset: 0, what: 'the file is UTF-16, only UTF-8 is read' } }
  }
  const text = new TextDecoder().decode(content)
  if (isUtf8(content)) return { text }
  return {
    text,
    fault: { offset: text.indexOf('\ufffd'), what: 'the file is not UTF-8 from here on' },
  }
}
