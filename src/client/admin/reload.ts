import { DynfarmError } from '../../errors.ts'
import type { AdminContext } from './access.ts'
import { askServer } from './ask.ts'

interface Reloaded {
  text: string
  json: { problems: readonly string[] }
  remark: string
  exit: 0 | 78
}

/** Has the server read its configuration again. What is wrong with that is data, as with `check`. */
export async function reloadServer(context: AdminContext): Promise<Reloaded> {
  try {
    await askServer(context, 'reload', {})
    const remark = 'the server has read its configuration again'
    return { text: '', json: { problems: [] }, remark, exit: 0 }
  } catch (error) {
    const problems = problemsOf(error)
    if (!(error instanceof DynfarmError) || problems.length === 0) throw error
    const text = problems.map((problem) => `${problem}\n`).join('')
    const remark = `the configuration in force stays: ${error.message}`
    return { text, json: { problems }, remark, exit: 78 }
  }
}

function problemsOf(error: unknown): readonly string[] {
  if (!(error instanceof DynfarmError) || error.code !== 'config-invalid') return []
  return (error.details?.['problems'] as string[] | undefined) ?? []
}
