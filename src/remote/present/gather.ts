import type { StreamName } from '../channel-output.ts'
import { diffLines } from '../diff.ts'
import { LineKeeper } from '../lines.ts'
import { fold } from '../nodeset/fold.ts'
import { printable } from '../printable.ts'
import type { HostRecord } from '../record.ts'
import { Kept, type Room } from './kept.ts'
import type { Presenter, Print } from './presenter.ts'

export interface GatherOptions {
  print: Print
  room: Room
  isTerminal: Readonly<Record<StreamName, boolean>>
  /** All but the largest group as what differs from it. */
  diff: boolean
}

const streams = ['stdout', 'stderr'] as const

/** Equal output once, under the names of all that gave it, the largest group first. */
export function presentGathered(options: GatherOptions): Presenter {
  const running = new Map<string, Record<StreamName, Kept>>()
  const groups = { stdout: new Map<string, Group>(), stderr: new Map<string, Group>() }
  const settle = (node: string): void => {
    for (const stream of streams) {
      const kept = running.get(node)?.[stream]
      if (kept !== undefined) join(groups[stream], node, kept)
    }
    running.delete(node)
  }
  return {
    begin: (node) => {
      for (const stream of streams) running.get(node)?.[stream].drop()
      running.set(node, { stdout: new Kept(options.room), stderr: new Kept(options.room) })
      return undefined
    },
    take: (node, bytes, stream) => running.get(node)?.[stream].add(bytes),
    end: ({ node }: HostRecord) => {
      settle(node)
      return undefined
    },
    finish: async () => {
      for (const node of [...running.keys()]) settle(node)
      for (const stream of streams) await show([...groups[stream].values()], stream, options)
    },
  }
}

interface Group {
  nodes: string[]
  kept: Kept
}

function join(groups: Map<string, Group>, node: string, kept: Kept): void {
  if (kept.bytes === 0) return
  const digest = kept.digest()
  const group = groups.get(digest)
  if (group === undefined) {
    groups.set(digest, { nodes: [node], kept })
    return
  }
  group.nodes.push(node)
  kept.drop()
}

async function show(groups: Group[], stream: StreamName, options: GatherOptions): Promise<void> {
  const sorted = groups
    .map((group) => ({ ...group, title: fold(group.nodes) }))
    .sort((a, b) => b.nodes.length - a.nodes.length || (a.title < b.title ? -1 : 1))
  const [first] = sorted
  for (const group of sorted) {
    const title = `${group.title} (${group.nodes.length})`
    await options.print(Buffer.from(`${rule}${title}\n${rule}`), stream)
    const difference =
      options.diff && group !== first && first !== undefined
        ? await differenceOf(first, { title: group.title, kept: group.kept })
        : undefined
    await showPieces(difference ?? group.kept.pieces(), stream, options)
  }
}

const rule = `${'-'.repeat(15)}\n`

/** Beyond this a difference is not looked for, and the whole is shown. */
const mostCompared = 4 * 1024 * 1024

interface Titled {
  title: string
  kept: Kept
}

async function differenceOf(first: Titled, other: Titled): Promise<Buffer[] | undefined> {
  if (first.kept.bytes + other.kept.bytes > mostCompared) return undefined
  const [before, after] = [await linesOf(first.kept), await linesOf(other.kept)]
  const lines = diffLines(before, after)
  if (lines === undefined) return undefined
  return [
    Buffer.from([`--- ${first.title}`, `+++ ${other.title}`, ...lines, ''].join('\n'), 'latin1'),
  ]
}

/** One character a byte, so that no byte is lost on the way. */
async function linesOf(kept: Kept): Promise<string[]> {
  const pieces: Buffer[] = []
  for await (const piece of kept.pieces()) pieces.push(piece)
  const text = Buffer.concat(pieces).toString('latin1')
  return text.replace(/\n$/, '').split('\n')
}

async function showPieces(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  stream: StreamName,
  { print, isTerminal }: GatherOptions,
): Promise<void> {
  const keeper = new LineKeeper()
  const put = async (lines: Buffer): Promise<void> => {
    if (lines.length > 0) await print(isTerminal[stream] ? printable(lines) : lines, stream)
  }
  for await (const piece of pieces) await put(keeper.take(piece))
  await put(keeper.rest())
}
