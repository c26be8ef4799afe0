import type { Document, YAMLError } from 'yaml'
import type { TextFault } from './grow.ts'

/** What the YAML library has against a text. A first mistake makes many more, which nobody reads. */
export function syntaxFaults(document: Document.Parsed): TextFault[] {
  const errors = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  return errors.slice(0, 10).map((error) => ({ offset: error.pos[0], what: sentence(error) }))
}

/** Where the library's words would puzzle somebody who does not know the grammar of YAML. */
const plainWords: readonly [RegExp, string][] = [
  [/^Flow .* end with a (.)$/, '"$1" is missing before this, or this is indented too little'],
  [/^Missing closing (.)quote$/, 'the closing $1 is missing'],
  [/^All mapping items must start.*/, 'this is indented differently from the keys above it'],
  [/^All sequence items must start.*/, 'this is indented differently from the items above it'],
  [/^With stringKeys.*/, 'a key is a word or a quoted text'],
]

function sentence({ message }: YAMLError): string {
  const [pattern, words] = plainWords.find(([known]) => known.test(message)) ?? [/\.$/, '']
  const plain = message.replace(pattern, words)
  return `not YAML: ${plain.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}`
}
