import type { AnswerOf } from '../../protocol/endpoints.ts'

interface Words {
  done: string
  /** Where nothing was changed. */
  before: string
}

export interface Changed {
  text: string
  json: unknown
  remark: string
}

/** What was changed is data, one a line; what that means is said. */
export function changedResult(answer: AnswerOf<'tokenOpen'>, { done, before }: Words): Changed {
  const { changed } = answer
  const text = changed.map((one) => `${one}\n`).join('')
  return { text, json: answer, remark: changed.length === 0 ? before : `${done} ${count(changed)}` }
}

function count(changed: readonly string[]): string {
  const [only] = changed
  return changed.length === 1 ? `"${only}"` : `${changed.length}, listed on standard output`
}
