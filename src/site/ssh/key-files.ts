import { posix } from 'node:path'
import type { ObservedPath } from '../observed.ts'
import type { SiteProblem } from '../wanted.ts'
import { oneOf, type SshdConfig, wordsOf } from './sshd-config.ts'

/** Where sshd looks when nobody has told it otherwise. */
export function defaultKeyFile(home: string): string {
  return posix.join(home, '.ssh/authorized_keys')
}

/** The files that sshd asks for root's keys and that lie under root's home. */
export function keyFiles(config: SshdConfig, home: string): string[] {
  const written = wordsOf(config, 'authorizedkeysfile')
  const paths = written.map((file) => posix.resolve(home, expand(file, home)))
  return paths.filter((path) => path.startsWith(`${home.replace(/\/$/, '')}/`))
}

/** The one file for the keys: the first that every hub's answer names. */
export function chooseKeyFile(configs: readonly SshdConfig[], home: string): string | undefined {
  const [first, ...others] = configs.map((config) => keyFiles(config, home))
  return first?.find((path) => others.every((files) => files.includes(path)))
}

export function noKeyFile(configs: readonly SshdConfig[], home: string): SiteProblem {
  const asked = new Set(configs.map((config) => oneOf(config, 'authorizedkeysfile')))
  const message = `sshd looks for no keys of root under "${home}", but in "${[...asked].join('", "')}": it wants "AuthorizedKeysFile .ssh/authorized_keys"`
  return { code: 'ssh-keys-nowhere', message }
}

function expand(file: string, home: string): string {
  const values: Record<string, string> = { '%%': '%', '%h': home, '%u': 'root', '%U': '0' }
  return file.replace(/%./g, (token) => values[token] ?? token)
}

/** The file and the folders that lead to it from root's home, the home first. */
export function pathChain(file: string, home: string): string[] {
  const parts = posix.relative(home, file).split('/')
  const below = parts.map((_, index) => posix.join(home, ...parts.slice(0, index + 1)))
  // The home may be a symlink, and what it leads to is what counts.
  return [`${home}/.`, ...below]
}

/** Why sshd would not read the file, or dynfarm does not write it. */
export function judgePaths(
  chain: readonly string[],
  paths: ReadonlyMap<string, ObservedPath>,
): SiteProblem[] {
  return chain.flatMap((path, index) => {
    const is = paths.get(path)
    const fault = is && pathFault(is, index === chain.length - 1)
    if (fault === undefined) return []
    return [{ code: 'ssh-keys-unusable', message: `"${path}" ${fault}` }]
  })
}

function pathFault({ kind, mode, uid }: ObservedPath, last: boolean): string | undefined {
  if (kind === 'symlink')
    return 'is a symlink, which is left alone: put what it leads to in its place'
  if (kind !== (last ? 'file' : 'folder')) return `is no ${last ? 'file' : 'folder'}: move it away`
  if (uid !== 0) return `belongs to user ${uid}, so sshd does not trust it: give it to root`
  if ((mode & 0o022) === 0) return undefined
  return 'can be written by others, so sshd does not trust it: take that from its mode'
}
