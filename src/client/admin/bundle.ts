import type { FromSchema } from 'json-schema-to-ts'
import type { FileState, Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { visibleText } from '../../plan/text.ts'
import { decode } from '../../protocol/decode.ts'
import { adminBundle } from '../../protocol/schema/bundle.ts'
import { isRefused } from '../reading.ts'

export type Bundle = FromSchema<typeof adminBundle>

/** The bundle at a path; undefined where there is no such file. */
export async function readBundle(machine: Machine, path: string): Promise<Bundle | undefined> {
  const file = await readOf(machine, path)
  if (file === undefined) return undefined
  const why = whyUnsafe(file, process.geteuid?.() ?? 0)
  if (why !== undefined) throw refused(path, why)
  return parseBundle(path, Buffer.from(file.content).toString('utf8'))
}

export function renderBundle(bundle: Bundle): string {
  return `${JSON.stringify(bundle, undefined, 2)}\n`
}

async function readOf(machine: Machine, path: string): Promise<FileState | undefined> {
  try {
    return await machine.readFile(path)
  } catch (error) {
    if (!isRefused(error)) throw error
    throw new DynfarmError('bundle-refused', error.message)
  }
}

/** A key that others can read is nobody's own. Root may use what belongs to another. */
export function whyUnsafe(
  { mode, uid }: Pick<FileState, 'mode' | 'uid'>,
  user: number,
): string | undefined {
  if ((mode & 0o077) !== 0) return `is open to others (mode ${mode.toString(8).padStart(4, '0')})`
  return [uid, 0].includes(user) ? undefined : 'belongs to another user'
}

function parseBundle(path: string, text: string): Bundle {
  const decoded = decode(adminBundle, parseJson(text))
  if ('value' in decoded) return decoded.value as Bundle
  const { path: place, what } = decoded.fault
  throw refused(path, `is no bundle of an administrator: "${place}" ${what}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(path: string, why: string): DynfarmError {
  return new DynfarmError('bundle-refused', `"${visibleText(path)}" ${why}`)
}
