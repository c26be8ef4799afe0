import type { ErrorObject } from 'ajv'
import type { Partly } from '../draft.ts'
import { pathOf, type Sentence, sentenceOf } from './sentences.ts'
import { partAt, plainValue, type Tree } from './tree.ts'
import type { Validator } from './validators.ts'

export interface Shaped<T> {
  /** With the defaults filled in, and undefined for every value that has not the right shape. */
  draft: Partly<T>
  sentences: Sentence[]
}

export function shape<T>(tree: Tree, text: string, validate: Validator): Shaped<T> {
  const root = { value: plainValue(tree) }
  const errors = validate(root.value)
  const written = (path: readonly string[]) => writtenAt(tree, text, path)
  const sentences = errors.flatMap((error) => sentenceOf(error, written))
  for (const error of errors) prune(root, error)
  return { draft: (root.value ?? {}) as Partly<T>, sentences }
}

/** A scalar as it stands in the file, before YAML made a number of it. */
function writtenAt(tree: Tree, text: string, path: readonly string[]): string {
  const scalar = partAt(tree, path)?.tree
  return scalar?.kind === 'scalar' ? text.slice(scalar.start, scalar.end) : ''
}

/** These are told of a container whose own type is right. */
const aboutParts: ReadonlySet<string> = new Set([
  ...['required', 'additionalProperties', 'propertyNames', 'uniqueItems', 'if'],
])

function prune(root: { value: unknown }, error: ErrorObject): void {
  if (aboutParts.has(error.keyword)) return
  const path = ['value', ...pathOf(error)]
  const last = path.pop() ?? ''
  let parent: unknown = root
  for (const key of path) parent = isContainer(parent) ? parent[key] : undefined
  if (isContainer(parent) && Object.hasOwn(parent, last)) parent[last] = undefined
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
