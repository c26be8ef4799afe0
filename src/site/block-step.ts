import type { FileStep } from '../plan/step.ts'
import { type Block, type MarkedText, readMarked, writeMarked } from './marked-text.ts'
import type { ObservedFile } from './observed.ts'

interface BlockFile {
  path: string
  reason: string
  /** For a file that has to be made. */
  mode: number
}

/** The Step that brings a file's block to what it should be, or away; nothing where it is so already. */
export function blockSteps(
  file: BlockFile,
  observed: ObservedFile | undefined,
  decide: (text: MarkedText) => Block | undefined,
): FileStep[] {
  const { path, reason, mode } = file
  const text = readMarked(observed?.content ?? new Uint8Array())
  const decided = decide(text)
  const block = decided?.lines.length === 0 ? undefined : decided
  const content = writeMarked(text.foreign, block)
  if (observed === undefined) {
    return block === undefined ? [] : [{ kind: 'file', reason, path, content, mode }]
  }
  if (block === undefined && text.made !== undefined && content.length === 0) {
    return [{ kind: 'file', reason, path, content: null }]
  }
  if (Buffer.compare(content, observed.content) === 0) return []
  return [{ kind: 'file', reason, path, content }]
}
