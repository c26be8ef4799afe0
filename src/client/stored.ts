import type { Machine } from '../apply/machine.ts'
import { DynfarmError } from '../errors.ts'
import { decode } from '../protocol/decode.ts'

export async function load(machine: Machine, path: string, schema: object): Promise<unknown> {
  const { value, damage } = await look(machine, path, schema)
  if (damage === undefined) return value
  throw new DynfarmError('state-damaged', damage)
}

/** What a file says that is there twice: damage without a value is of both. */
export async function lookTwice(
  machine: Machine,
  { path, copy }: { path: string; copy: string },
  schema: object,
): Promise<{ value?: unknown; damage: string | undefined }> {
  const first = await look(machine, path, schema)
  if (first.value !== undefined) return { value: first.value, damage: undefined }
  const second = await look(machine, copy, schema)
  const damage = first.damage ?? (second.isThere ? `"${path}" is gone` : undefined)
  if (second.value !== undefined) return { value: second.value, damage }
  return { damage: damage && [damage, second.damage].filter(Boolean).join('; ') }
}

/** What a file of the state folder says; one that cannot be read says nothing. */
export async function look(
  machine: Machine,
  path: string,
  schema: object,
): Promise<{ isThere: boolean; value?: unknown; damage?: string }> {
  try {
    const file = await machine.readFile(path)
    if (file === undefined) return { isThere: false }
    const parsed = parse(Buffer.from(file.content).toString())
    if (parsed === undefined)
      return { isThere: true, damage: `"${path}" is damaged: it is no JSON, or not all of it` }
    const decoded = decode(schema, parsed)
    if ('value' in decoded) return { isThere: true, value: decoded.value }
    const { path: place, what } = decoded.fault
    return { isThere: true, damage: `"${path}" is damaged: "${place}" ${what}` }
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code !== 'file-refused') throw error
    return { isThere: true, damage: error.message }
  }
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return undefined
  }
}
