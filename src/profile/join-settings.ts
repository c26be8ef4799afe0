import type { FromSchema } from 'json-schema-to-ts'
import type { Finding } from './finding.ts'
import { decodeText } from './load/decode.ts'
import { locateFaults, locateFindings } from './load/locate.ts'
import { parseYaml } from './load/parse.ts'
import { shape } from './load/shape.ts'
import { sourceFile } from './load/source-file.ts'
import { validateJoin } from './load/validators.ts'
import type { Problem } from './problem.ts'
import type { joinSchema } from './schema/join.ts'

export type JoinFile = FromSchema<typeof joinSchema>

/** join.yaml, or all that is wrong with it. No problem shows a line of the file, which may hold a token. */
export function parseJoinFile(
  file: string,
  content: Uint8Array,
): { value: JoinFile } | { problems: Problem[] } {
  const { text, fault } = decodeText(content)
  if (fault === undefined && isEmpty(text)) return { value: { deadline: '10m' } }
  const { tree, faults } = fault === undefined ? parseYaml(text) : { faults: [fault] }
  const source = sourceFile(file, text, tree)
  if (tree === undefined) return { problems: hidden(locateFaults(source, faults)) }
  const { draft, sentences } = shape<JoinFile>(tree, text, validateJoin)
  const findings = [...sentences, ...twoTokens(draft)].map((finding) => ({ file, ...finding }))
  const problems = [...locateFaults(source, faults), ...locateFindings(file, source, findings)]
  return problems.length === 0 ? { value: draft as JoinFile } : { problems: hidden(problems) }
}

/** Which of the two was meant is not guessed. */
function twoTokens(draft: Partial<Record<keyof JoinFile, unknown>>): Omit<Finding, 'file'>[] {
  const hasBoth = draft.token !== undefined && draft['token-file'] !== undefined
  const [path, what] = [['token-file'], 'does not go together with "token"']
  return hasBoth ? [{ path, what, hint: 'leave one of the two out' }] : []
}

/** Nothing but comments: what is left where a token was the only thing. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(#|$)/.test(line))
}

function hidden(problems: readonly Problem[]): Problem[] {
  return problems.map(({ source: _, ...problem }) => problem)
}
