import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { parseToken } from '../../pki/token.ts'

export async function readToken(machine: Machine, path: string): Promise<string> {
  const token = await readTokenIfThere(machine, path)
  if (token !== undefined) return token
  throw new DynfarmError('usage', `there is no token in "${path}"`)
}

/** An image may name a file that only its first boot has, or that was emptied after it. */
export async function readTokenIfThere(
  machine: Machine,
  path: string,
): Promise<string | undefined> {
  const file = await machine.readFile(path)
  const token = Buffer.from(file?.content ?? [])
    .toString()
    .trim()
  if (token === '') return undefined
  try {
    parseToken(token)
    return token
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    throw new DynfarmError(error.code, `"${path}": ${error.message}`)
  }
}
