import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Problem } from '../problem.ts'
import { readBounded, systemFault } from './read.ts'

/** Private keys under keys/ that others on this machine have access to. */
export async function checkPrivateKeys(dir: string): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const name of await keyNames(dir)) problems.push(...(await openKey(dir, `keys/${name}`)))
  return problems
}

/** A folder that is not there has no keys; one that is closed to us is closed to others too. */
async function keyNames(dir: string): Promise<string[]> {
  try {
    return (await readdir(join(dir, 'keys'))).sort()
  } catch (error) {
    systemFault(error)
    return []
  }
}

async function openKey(dir: string, file: string): Promise<Problem[]> {
  const reading = await readBounded(join(dir, file), 64 * 1024)
  if ('fault' in reading) return []
  const mode = openMode(reading.mode)
  const isPrivate = /\.(key|secret)$/.test(file) || holdsPrivateKey(reading.content)
  if (!isPrivate || mode === undefined) return []
  const what = `others have access to this private key (mode ${mode})`
  return [{ file, where: '', what, hint: 'chmod 0600' }]
}

/** The mode of a file that others than its owner and its group have access to. */
export function openMode(mode: number): string | undefined {
  return (mode & 0o007) === 0 ? undefined : (mode & 0o777).toString(8).padStart(4, '0')
}

function holdsPrivateKey(content: Uint8Array): boolean {
  return Buffer.from(content).includes('PRIVATE KEY')
}
