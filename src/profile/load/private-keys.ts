import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Fault } from '../formats.ts'
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
  const fault = openKeyFault(reading.mode)
  const isPrivate = /\.(key|secret)$/.test(file) || holdsPrivateKey(reading.content)
  return isPrivate && fault !== undefined ? [{ file, where: '', ...fault }] : []
}

/** The owner and a group may have access, as the server's user needs it. */
export function openKeyFault(fileMode: number): Fault | undefined {
  if ((fileMode & 0o007) === 0) return undefined
  const mode = (fileMode & 0o777).toString(8).padStart(4, '0')
  return { what: `others have access to this private key (mode ${mode})`, hint: 'chmod 0600' }
}

function holdsPrivateKey(content: Uint8Array): boolean {
  return Buffer.from(content).includes('PRIVATE KEY')
}
