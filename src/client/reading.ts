import type { FileState, Machine } from '../apply/machine.ts'
import { DynfarmError } from '../errors.ts'
import type { Argv } from '../plan/step.ts'

export interface Tried {
  code: number
  stdout: string
  stderr: string
  timedOut?: boolean
}

/** As a shell has it: a program that is not there ends with 127. */
export async function tryCommand(
  machine: Machine,
  argv: Argv,
  limits: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<Tried> {
  try {
    return await machine.run({ argv, ...limits })
  } catch (error) {
    if (!(error instanceof DynfarmError) || error.code !== 'program-missing') throw error
    return { code: 127, stdout: '', stderr: error.message }
  }
}

/** undefined when it fails or is not there. */
export async function outputOf(machine: Machine, argv: Argv): Promise<string | undefined> {
  const { code, stdout } = await tryCommand(machine, argv)
  return code === 0 ? stdout : undefined
}

/** undefined when it is not there or no regular file. */
export async function fileUnlessRefused(
  machine: Machine,
  path: string,
): Promise<FileState | undefined> {
  try {
    return await machine.readFile(path)
  } catch (error) {
    if (!isRefused(error)) throw error
    return undefined
  }
}

export function isRefused(error: unknown): error is DynfarmError {
  return error instanceof DynfarmError && error.code === 'file-refused'
}

/** What it prints of those it finds; it may fail for the others. */
export async function partialOutputOf(machine: Machine, argv: Argv): Promise<string> {
  return (await machine.run({ argv })).stdout
}
