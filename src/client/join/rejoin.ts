import { resolve } from 'node:path'
import { versionPlaces, versionsRoot } from '../../apply/version-places.ts'
import type { JoinOptions } from './joined.ts'

/** By the executable in force, wherever it lies: of versions that the centre sent, the one of that moment. */
export function rejoinBy({
  self: [program, ...words],
  stateDir,
  configDir,
  versionsRoot: root = versionsRoot,
}: Pick<JoinOptions, 'self' | 'stateDir' | 'configDir' | 'versionsRoot'>): string[] {
  const { folder, link } = versionPlaces(root)
  const executable = program.startsWith(`${folder}/`) ? `${link}/dynfarm` : program
  return [
    executable,
    ...words,
    'join',
    '--config',
    resolve(configDir),
    '--state',
    resolve(stateDir),
  ]
}
