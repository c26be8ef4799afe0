import type { StreamName } from '../channel-output.ts'
import { LineCutter } from '../lines.ts'
import { printable } from '../printable.ts'
import type { Presenter, Print } from './presenter.ts'

export interface LiveOptions {
  print: Print
  /** What stands before each line of a node; it may be nothing. */
  prefix(node: string, stream: StreamName): string
  /** Whether a person looks at the stream, whose terminal must not be commanded by what a host prints. */
  isTerminal: Readonly<Record<StreamName, boolean>>
}

/** Whole lines as they come, each with its node. */
export function presentLive({ print, prefix, isTerminal }: LiveOptions): Presenter {
  const cutters = new Map<string, Record<StreamName, LineCutter>>()
  const show = (node: string, lines: Buffer[], stream: StreamName): Promise<void> | undefined => {
    if (lines.length === 0) return undefined
    const before = Buffer.from(prefix(node, stream))
    const render = isTerminal[stream] ? (line: Buffer) => Buffer.from(printable(line)) : same
    return print(Buffer.concat(lines.flatMap((line) => [before, render(line), newline])), stream)
  }
  const flush = async (node: string): Promise<void> => {
    const ended = cutters.get(node)
    cutters.delete(node)
    if (ended === undefined) return
    await show(node, ended.stdout.rest(), 'stdout')
    await show(node, ended.stderr.rest(), 'stderr')
  }
  return {
    begin: async (node) => {
      await flush(node)
      cutters.set(node, { stdout: new LineCutter(), stderr: new LineCutter() })
    },
    take: (node, bytes, stream) =>
      show(node, cutters.get(node)?.[stream].take(bytes) ?? [], stream),
    end: ({ node }) => flush(node),
    finish: async () => {
      for (const node of cutters.keys()) await flush(node)
    },
  }
}

const newline = Buffer.from('\n')

function same(line: Buffer): Buffer {
  return line
}

/** One node's bytes as they are. */
export function presentRaw(print: Print): Presenter {
  return {
    begin: () => undefined,
    take: (_, bytes, stream) => print(bytes, stream),
    end: () => undefined,
    finish: async () => undefined,
  }
}
