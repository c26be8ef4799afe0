import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LabFolder } from './folder.ts'
import type { KeyPair } from './layers.ts'
import { runOutside } from './outside.ts'

/** One ssh key pair a name, made two at a time. */
export async function makeKeys(
  folder: LabFolder,
  names: readonly string[],
): Promise<Map<string, KeyPair>> {
  const keys = join(folder.path, 'keys')
  mkdirSync(keys, { mode: 0o700 })
  const keygen = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '{}', '-f', `${keys}/{}`]
  await runOutside(['xargs', '-P', '2', '-I', '{}', ...keygen], names.join('\n'))
  return new Map(names.map((name) => [name, readPair(join(keys, name))]))
}

function readPair(file: string): KeyPair {
  return { secret: readFileSync(file, 'utf8'), public: readFileSync(`${file}.pub`, 'utf8') }
}
