import { isMap, isPair, isScalar, type Pair, parseDocument } from 'yaml'

/** join.yaml without its token: all lines of others stay as they are, comments and line ends too. */
export function eraseToken(text: string): string {
  const document = parseDocument(text)
  const { contents } = document
  const pair = isMap(contents) ? contents.items.find(isToken) : undefined
  const lines = pair && !(isMap(contents) && contents.flow) ? linesOf(text, pair) : undefined
  if (lines !== undefined) return text.slice(0, lines.from) + text.slice(lines.to)
  document.delete('token')
  return document.toString({ lineWidth: 0 })
}

function isToken(pair: unknown): boolean {
  return isPair(pair) && isScalar(pair.key) && pair.key.value === 'token'
}

/** From the start of its line; a comment behind it stays. */
function linesOf(text: string, { key, value }: Pair): { from: number; to: number } | undefined {
  const [begin] = (isScalar(key) && key.range) || []
  const [, end] = (isScalar(value) && value.range) || []
  if (begin === undefined || end === undefined) return undefined
  const from = text.lastIndexOf('\n', begin - 1) + 1
  // What goes over several lines ends with the last of them.
  if (text[end - 1] === '\n') return { from, to: end }
  const [rest = '', comment] = /^[ \t]*(#[^\r\n]*)?(\r?\n)?/.exec(text.slice(end)) ?? []
  return { from, to: comment === undefined ? end + rest.length : text.indexOf('#', end) }
}
