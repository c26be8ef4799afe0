import { evaluate, type Meanings, sourcesOf } from './evaluate.ts'
import { type Expression, parseExpression } from './parse.ts'
import { nodesetError, type Piece } from './place.ts'

/** Reads what `^file` and `-` stand for. */
export interface Readers {
  readFile(path: string): Promise<string>
  readInput(): Promise<string>
}

export type GroupMeaning = Meanings['group']

/** The names that a node set means, with the files it names and standard input read. */
export async function namesOf(
  expression: Expression,
  group: GroupMeaning,
  readers: Readers,
): Promise<Set<string>> {
  const { files, input } = sourcesOf(expression)
  const texts = new Map<string, string>()
  for (const path of files) texts.set(path, await readers.readFile(path))
  const inputText = input ? await readers.readInput() : ''
  return evaluate(expression, {
    group,
    file: (path) => namesInText(texts.get(path) ?? '', `"${path}"`, group),
    input: () => namesInText(inputText, 'standard input', group),
  })
}

/** Every line is a node set of its own; `#` begins a remark. What is read names no further files. */
function namesInText(text: string, file: string, group: GroupMeaning): Set<string> {
  const names = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    const expression = parseExpression(line.replace(/#.*/, ''), { file, line: index + 1 })
    for (const name of evaluate(expression, {
      group,
      file: (_, piece) => refuse(piece),
      input: refuse,
    }))
      names.add(name)
  }
  return names
}

function refuse(piece: Piece): never {
  throw nodesetError(piece, 'may not stand in a file')
}
