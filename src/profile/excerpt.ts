/**
 * A source line and a caret under its column, as a terminal shows them: tabs stay tabs in both lines, wide
 * characters take two columns, combining ones none, a long line is cut around the caret.
 */
export function excerpt(source: string, column: number): [string, string] {
  const characters = [...printable(source, '\t')]
  const start = Math.max(0, Math.min(column - 1 - reach, characters.length - 2 * reach))
  const shown = characters.slice(start, start + 2 * reach)
  const before = shown.slice(0, column - 1 - start)
  const [head, tail] = [start > 0, start + shown.length < characters.length]
  return [
    `  ${head ? '…' : ''}${shown.join('')}${tail ? '…' : ''}`,
    `  ${head ? ' ' : ''}${before.map(blank).join('')}^`,
  ]
}

/** Text without what a terminal would obey: control characters and those that turn the direction of writing. */
export function printable(text: string, keep = ''): string {
  return text.replace(unprintable, (character) => (keep.includes(character) ? character : '\ufffd'))
}

const reach = 60
const unprintable = /[\p{Cc}\p{Bidi_Control}\p{Cs}\u2028\u2029]/gu
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const wide =
  /^[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u

function blank(character: string): string {
  if (character === '\t') return '\t'
  if (zeroWidth.test(character)) return ''
  return wide.test(character) ? '  ' : ' '
}
