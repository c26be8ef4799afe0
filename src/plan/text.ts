import type { Argv } from './step.ts'

/** A command as an administrator would type it: a shell takes the text back to the same arguments. */
export function renderArgv(argv: Argv): string {
  return argv
    .map((word, index) =>
      index === 0 && word.includes('=') ? singleQuoted(word) : quoteWord(word),
    )
    .join(' ')
}

/** Control and deceptive characters (escapes, line ends, bidi marks) are shown as visible escapes. */
export function quoteWord(word: string): string {
  if (PLAIN_WORD.test(word)) return word
  return hasHidden(word) ? ansiQuoted(word) : singleQuoted(word)
}

/** Text for eyes, not for a shell: every hidden character becomes `\x1b` or `\u{202e}`. */
export function visibleText(text: string): string {
  return text.replace(HIDDEN, escapeCharacter)
}

export function visibleLines(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines.map((line) => line.split('\t').map(visibleText).join('\t'))
}

const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function hasHidden(text: string): boolean {
  return text.search(HIDDEN) >= 0
}

function singleQuoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}

function ansiQuoted(word: string): string {
  const body = word.replace(/[\\']/g, '\\$&').replace(HIDDEN, escapeBytes)
  return `$'${body}'`
}

/** Bytes rather than `\u`, which a shell reads by its locale. */
function escapeBytes(character: string): string {
  return [...Buffer.from(character)].map((byte) => `\\x${hex(byte)}`).join('')
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0
  return code < 0x100 ? `\\x${hex(code)}` : `\\u{${code.toString(16)}}`
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
