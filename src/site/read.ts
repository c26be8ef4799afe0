import type { Argv } from '../plan/step.ts'
import { dropInFolder } from './cloud-init-files.ts'
import type { ObservedPath } from './observed.ts'

/** The commands by which a machine is looked at; those that take paths and names answer in lines, in any order. */
export const readCommands = {
  hostnamed: ['hostnamectl', '--static'],
  dropIns: ['find', dropInFolder, '-maxdepth', '1', '-name', '*.cfg', '-print0'],
  rootEntry: ['getent', 'passwd', 'root'],
  rootGroups: ['id', '-Gn', 'root'],
} as const satisfies Record<string, Argv>

/** Ends with 1 when one of the paths is not there. */
export function readPaths(paths: readonly string[]): Argv {
  return ['stat', '--format=%f %u %n', '--', ...paths]
}

export function readAncestors(paths: readonly string[]): Argv {
  return ['stat', '--dereference', '--format=%f %u %n', '--', ...paths]
}

export function readRealPaths(paths: readonly string[]): Argv {
  return ['realpath', '--canonicalize-missing', '--zero', '--', ...paths]
}

/** Ends with 2 when one of the names is unknown. */
export function readIds(database: 'passwd' | 'group', names: readonly string[]): Argv {
  return ['getent', '--', database, ...names]
}

export function readExists(path: string): Argv {
  return ['test', '-e', path]
}

export interface SshdQuestion {
  hub: string
  node: string
}

export function askSshd({ hub, node }: SshdQuestion): Argv {
  return ['sshd', '-T', '-C', `user=root,host=${hub},addr=${hub},laddr=${node},lport=22`]
}

/** Started by connections alone, as on Ubuntu, it has had no reason yet to make the folder that it looks for. */
export function missingSshdFolder(failure: string): string | undefined {
  return /^Missing privilege separation directory: (\/run\/\S+)\s*$/m.exec(failure)?.[1]
}

/** With a /run that only this one sees, and that has the folder. */
export function askSshdAside(question: SshdQuestion, folder: string): Argv {
  const script = 'mount -t tmpfs none /run && mkdir -p -m 755 -- "$1" && shift && exec "$@"'
  return ['unshare', '--mount', 'sh', '-c', script, 'sh', folder, ...askSshd(question)]
}

/** Of the paths that are there. */
export function parsePaths(output: string): Map<string, ObservedPath> {
  const found = output.matchAll(/^([0-9a-f]+) (\d+) (.*)$/gm)
  return new Map(
    Array.from(found, ([, mode = '', uid, path = '']) => {
      const bits = Number.parseInt(mode, 16)
      return [path, { kind: kindOf(bits), mode: bits & 0o7777, uid: Number(uid) }]
    }),
  )
}

const TYPE = 0o170000
const kinds: ReadonlyMap<number, ObservedPath['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'symlink'],
])

function kindOf(bits: number): ObservedPath['kind'] {
  return kinds.get(bits & TYPE) ?? 'other'
}

export function parseZeroEnded(output: string): string[] {
  return output.split('\0').slice(0, -1)
}

/** `name:x:ID:…` */
export function parseIds(output: string): Map<string, number> {
  const lines = output.split('\n').map((line) => line.split(':'))
  return new Map(lines.flatMap(([name, , id]) => (name && id ? [[name, Number(id)]] : [])))
}

/** The sixth field of a line of passwd(5). */
export function parseHome(output: string): string {
  const home = output.split('\n')[0]?.split(':')[5] ?? ''
  return home.startsWith('/') ? home.replace(/(?<=.)\/+$/, '') : '/root'
}

export function parseWords(output: string): string[] {
  return output.split(/\s+/).filter((word) => word !== '')
}
