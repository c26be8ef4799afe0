import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import type { CommandStep, FileStep, Step } from '../../src/plan/step.ts'

type Action =
  | {
      kind: 'write'
      name: string
      content: string
      mode: number | undefined
      owner: string | undefined
    }
  | { kind: 'remove'; name: string }
  | { kind: 'toggle'; name: string }

const fileName = fc.constantFrom('a', 'b', 'c', 'odd name')

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    name: fileName,
    content: fc.string({ unit: 'binary', maxLength: 50 }),
    mode: fc.constantFrom(undefined, 0o600, 0o644, 0o755),
    owner: fc.constantFrom(undefined, '12:34', ':games'),
  }),
  fc.record({ kind: fc.constant('remove' as const), name: fileName }),
  fc.record({ kind: fc.constant('toggle' as const), name: fc.constantFrom('d', 'e') }),
)

/** Steps that all succeed on the folder of startState: files, and folders made and removed by commands. */
export const planFor: fc.Arbitrary<(folder: string) => Step[]> = fc
  .array(action, { minLength: 1, maxLength: 6 })
  .map((actions) => (folder) => {
    const folders = new Set<string>()
    return actions.map((each) => stepOf(each, folder, folders))
  })

export function startState(folder: string): void {
  mkdirSync(folder)
  writeFileSync(join(folder, 'a'), 'the start', { mode: 0o640 })
  writeFileSync(join(folder, 'b'), Buffer.from([0, 255, 10, 13]))
}

function stepOf(action: Action, folder: string, folders: Set<string>): Step {
  const path = join(folder, action.name)
  if (action.kind === 'toggle') return toggle(path, folders)
  if (action.kind === 'remove') return { kind: 'file', reason: '', path, content: null }
  const { content, mode, owner } = action
  const step: FileStep = { kind: 'file', reason: '', path, content }
  return { ...step, ...(mode && { mode }), ...(owner && { owner }) }
}

function toggle(path: string, folders: Set<string>): CommandStep {
  const make = ['mkdir', path] as const
  const remove = ['rmdir', path] as const
  if (folders.delete(path)) {
    return { kind: 'command', reason: '', argv: remove, undo: [{ argv: make }] }
  }
  folders.add(path)
  return { kind: 'command', reason: '', argv: make, undo: [{ argv: remove }] }
}
