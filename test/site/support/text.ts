import type { ObservedFile } from '../../../src/site/observed.ts'

/** A file of root's with these bytes. */
export function fileOf(text: string, mode = 0o644): ObservedFile {
  return { content: Buffer.from(text, 'latin1'), mode, uid: 0, gid: 0 }
}

/** What the first Step that writes would write. */
export function written(steps: readonly object[]): string | null | undefined {
  const step = steps.find((each) => 'content' in each) as { content: unknown } | undefined
  if (step === undefined) return undefined
  return step.content === null ? null : Buffer.from(step.content as Uint8Array).toString('latin1')
}
