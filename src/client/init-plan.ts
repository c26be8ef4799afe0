import { dirname, join } from 'node:path'
import { type Authority, type Role, roles } from '../pki/authority.ts'
import type { ReleaseKey } from '../pki/release-key.ts'
import type { CommandStep, FileStep, Step } from '../plan/step.ts'
import { renderSchemas } from '../profile/schema/render.ts'
import { type CentreNames, centreText, gitignoreText, siteText } from './init-text.ts'

/** Everything that is made anew for a centre. */
export interface NewCentre extends CentreNames {
  authorities: Readonly<Record<Role, Authority>>
  releaseKey: ReleaseKey
  linkSecret: string
}

interface CentreFile {
  /** Within DIR. */
  name: string
  secret?: true
  text: (centre: NewCentre) => string
}

const keyFolder = 'keys'

/** For editors: what may stand in the files, and what it means. */
const schemaFiles = Object.entries(renderSchemas()).map(
  ([name, text]): CentreFile => ({ name: `schema/${name}`, text: () => text }),
)

/** centre.yaml comes last: a folder without it is not a centre yet. */
const centreFiles: readonly CentreFile[] = [
  { name: '.gitignore', text: () => gitignoreText },
  ...roles.flatMap((role): CentreFile[] => [
    { name: `keys/${role}-ca.key`, secret: true, text: (centre) => centre.authorities[role].key },
    { name: `keys/${role}-ca.crt`, text: (centre) => centre.authorities[role].certificate },
  ]),
  { name: 'keys/release.key', secret: true, text: (centre) => centre.releaseKey.private },
  { name: 'keys/release.pub', text: (centre) => centre.releaseKey.public },
  { name: 'keys/links.secret', secret: true, text: (centre) => centre.linkSecret },
  ...schemaFiles,
  { name: 'sites/cloud.yaml', text: siteText },
  { name: 'centre.yaml', text: centreText },
]

export const initFiles: readonly string[] = centreFiles.map((file) => file.name)

/** The folders that are missing, outermost first, then the files. DIR is absolute. */
export function planInit(
  centre: NewCentre,
  dir: string,
  exists: (path: string) => boolean,
): Step[] {
  const missing = initFolders(dir).filter((path) => !exists(path))
  return [
    ...missing.map((path) => makeFolder(path, path === join(dir, keyFolder) ? '0700' : '0755')),
    ...centreFiles.map((file) => makeFile(join(dir, file.name), file, centre)),
  ]
}

/** Every folder that must stand: the way to DIR, DIR itself, and those inside. */
export function initFolders(dir: string): string[] {
  return [...wayTo(dir), join(dir, keyFolder), join(dir, 'schema'), join(dir, 'sites')]
}

/** DIR and every folder above it, outermost first. */
export function wayTo(dir: string): string[] {
  const parent = dirname(dir)
  return parent === dir ? [dir] : [...wayTo(parent), dir]
}

function makeFolder(path: string, mode: string): CommandStep {
  return {
    kind: 'command',
    reason: 'a folder of the new centre',
    argv: ['install', '-d', '-m', mode, '--', path],
    undo: [{ argv: ['rmdir', '--', path] }],
  }
}

function makeFile(path: string, { secret, text }: CentreFile, centre: NewCentre): FileStep {
  const reason = 'a file of the new centre'
  return secret
    ? { kind: 'file', reason, path, content: { secret: text(centre) }, mode: 0o600 }
    : { kind: 'file', reason, path, content: text(centre), mode: 0o644 }
}
