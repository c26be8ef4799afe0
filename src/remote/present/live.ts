import type { StreamName } from '../channel-output.ts'
import { LineKeeper, prefixed } from '../lines.ts'
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
  const keepers = new Map<string, Record<StreamName, LineKeeper>>()
  const show = (node: string, lines: Buffer, stream: StreamName): Promise<void> | undefined => {
    if (lines.length === 0) return undefined
    const shown = isTerminal[stream] ? printable(lines) : lines
    return print(prefixed(shown, Buffer.from(prefix(node, stream))), stream)
  }
  const flush = async (node: string): Promise<void> => {
    const ended = keepers.get(node)
    keepers.delete(node)
    if (ended === undefined) return
    await show(node, ended.stdout.rest(), 'stdout')
    await show(node, ended.stderr.rest(), 'stderr')
  }
  return {
    begin: async (node) => {
      await flush(node)
      keepers.set(node, { stdout: new LineKeeper(), stderr: new LineKeeper() })
    },
    take: (node, bytes, stream) => {
      const keeper = keepers.get(node)?.[stream]
      return keeper && show(node, keeper.take(bytes), stream)
    },
    end: ({ node }) => flush(node),
    finish: async () => {
      for (const node of keepers.keys()) await flush(node)
    },
  }
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
