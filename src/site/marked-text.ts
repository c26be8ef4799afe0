/**
 * A foreign text file in which dynfarm keeps a block of lines. Every line of the block ends with the mark, so
 * whatever becomes of the block (half of it deleted, doubled, lines of others put between), dynfarm knows its own
 * and no line of another's is lost. A foreign line that must not count is set aside where it stands, behind the
 * mark, and comes back as it was. Bytes are kept by reading them as Latin-1.
 */
export interface MarkedText {
  /** Each with its line end, as they are without dynfarm. */
  foreign: readonly string[]
  /** Before which of them the block stands. */
  at: number | undefined
  /** The file was not there before the block was. */
  made: Made | undefined
}

export type Made = 'file' | 'file and folder'

export interface Block {
  lines: readonly string[]
  at: number
  made?: Made | undefined
  /** Foreign lines that must not count. */
  aside?: (line: string) => boolean
}

const MARK = '#dynfarm#'
/** Programs that rewrite the file may change the space before it. */
const ownLine = /#dynfarm#\s*$/
const asideLine = `${MARK} `

export function readMarked(content: Uint8Array): MarkedText {
  const lines = splitLines(Buffer.from(content).toString('latin1'))
  const own = lines.filter((line) => ownLine.test(line))
  const first = lines.findIndex((line) => ownLine.test(line))
  const before = foreignOf(lines.slice(0, Math.max(0, first)), lines)
  return {
    foreign: foreignOf(lines, lines),
    at: first < 0 ? undefined : before.length,
    made: madeOf(own),
  }
}

export function writeMarked(foreign: readonly string[], block: Block | undefined): Uint8Array {
  const { lines, at, made, aside = () => false } = block ?? { lines: [], at: 0 }
  const others = foreign.map((line) => (aside(line) ? asideLine + line : line))
  const own = lines.length === 0 ? [] : [beginLine(made), ...lines, '# end'].map(mark)
  const text = [...ended(others.slice(0, at), own), ...own, ...others.slice(at)].join('')
  return Buffer.from(text, 'latin1')
}

/** A line that came back by itself while it was set aside is not kept twice. */
function foreignOf(lines: readonly string[], all: readonly string[]): string[] {
  return lines.flatMap((line) => {
    if (ownLine.test(line)) return []
    if (!line.startsWith(asideLine)) return [line]
    const original = line.slice(asideLine.length)
    return all.some((other) => other.trimEnd() === original.trimEnd()) ? [] : [original]
  })
}

function splitLines(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

/** A last line may lack its end, and gets it where the block follows. */
function ended(lines: readonly string[], own: readonly string[]): string[] {
  const last = lines.at(-1)
  if (last === undefined || last.endsWith('\n') || own.length === 0) return [...lines]
  return [...lines.slice(0, -1), `${last}\n`]
}

function mark(line: string): string {
  return `${line} ${MARK}\n`
}

const MADE_FILE = 'in a file that dynfarm made'
const MADE_FOLDER = 'in a file and folder that dynfarm made'

function beginLine(made: Made | undefined): string {
  if (made === undefined) return '# begin: lines of dynfarm'
  return `# begin: lines of dynfarm, ${made === 'file' ? MADE_FILE : MADE_FOLDER}`
}

function madeOf(own: readonly string[]): Made | undefined {
  const begin = own.filter((line) => line.startsWith('# begin'))
  if (begin.some((line) => line.includes(MADE_FOLDER))) return 'file and folder'
  return begin.some((line) => line.includes(MADE_FILE)) ? 'file' : undefined
}
