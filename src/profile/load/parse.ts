import { Composer, type CST, type Document, Lexer, Parser } from 'yaml'
import { growTree, type TextFault } from './grow.ts'
import { syntaxFaults } from './syntax.ts'
import type { Tree } from './tree.ts'

export interface Parsed {
  /** Absent when the text is not YAML enough to look further. */
  tree?: Tree
  faults: TextFault[]
}

/** One document of YAML 1.2. Whatever the text is, this ends soon and does not throw. */
export function parseYaml(text: string): Parsed {
  const early = controlCharacters(text)
  if (early.length > 0) return { faults: early }
  const { documents, tooDeep } = compose(text)
  const [document, second] = documents
  if (tooDeep !== undefined) return { faults: [tooDeep] }
  if (document === undefined || second !== undefined) return { faults: [documentFault(second)] }
  const faults = [...syntaxFaults(document), ...versionFaults(document)]
  return faults.length > 0 ? { faults } : treeOf(document)
}

const deepest = 64
const largest = 100_000
function controlCharacters(text: string): TextFault[] {
  const found = /(?![\t\n\r])\p{Cc}/u.exec(text)
  if (found === null) return []
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')
  return [{ offset: found.index, what: `control character U+${code}, which YAML does not allow` }]
}

function compose(text: string): { documents: Document.Parsed[]; tooDeep?: TextFault } {
  const documents: Document.Parsed[] = []
  const composer = new Composer({ uniqueKeys: false, stringKeys: true, merge: false })
  try {
    for (const document of composer.compose(tokensOf(text), true, text.length)) {
      documents.push(document)
      if (documents.length === 2) break
    }
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    return { documents, tooDeep: { offset: error.offset, what: 'nested too deeply' } }
  }
  return { documents }
}

/** The composer recurses into what the parser stacks up, so the stack is bounded here. */
function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser()
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > deepest) throw new TooDeep(parser.offset)
  }
  yield* parser.end()
}

class TooDeep extends Error {
  readonly offset: number
  constructor(offset: number) {
    super('nested too deeply')
    this.offset = offset
  }
}

function documentFault(second: Document.Parsed | undefined): TextFault {
  if (second === undefined) return { offset: 0, what: 'the file is empty' }
  return { offset: second.range[0], what: 'a second YAML document begins; a file holds one' }
}

function versionFaults(document: Document.Parsed): TextFault[] {
  const { explicit, version } = document.directives.yaml
  if (explicit !== true || version === '1.2') return []
  return [{ offset: 0, what: `YAML ${version} is not read here`, hint: 'leave the %YAML line out' }]
}

function treeOf(document: Document.Parsed): Parsed {
  if (document.contents === null) return { faults: [documentFault(undefined)] }
  const grown = growTree(document)
  if ((grown.tree?.size ?? 0) <= largest) return grown
  return {
    faults: [{ offset: 0, what: `this file holds more than ${largest} values, aliases included` }],
  }
}
