import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'

/** A Debian package that a packed file comes from. */
export interface Package {
  name: string
  version: string
  /** The source package, by which its source is to be had. */
  source: string
}

export function packageOf(path: string): Package {
  const name = namesOf(path).flatMap(ownerOf)[0]
  if (name === undefined) throw new Error(`"${path}" is of no package, so its licence is not known`)
  const format = '${binary:Package}\t${Version}\t${source:Package} ${source:Version}'
  const text = execFileSync('dpkg-query', ['-W', '-f', format, name], { encoding: 'utf8' })
  const [binary = '', version = '', source = ''] = text.split('\t')
  return { name: binary.replace(/:.*/, ''), version, source }
}

/** Where /lib leads to /usr/lib, a package may list its files by either. */
function namesOf(path: string): string[] {
  const real = realpathSync(path)
  return [path, real, real.replace(/^\/usr/, '')]
}

function ownerOf(path: string): string[] {
  const { stdout } = spawnSync('dpkg-query', ['-S', path], { encoding: 'utf8' })
  const [, name] = /^([^,\s]+): /.exec(stdout) ?? []
  return name === undefined ? [] : [name]
}

/** The text of its licences, and those that it only names, which every Debian system has. */
export function licencesOf(name: string): Map<string, Buffer> {
  const copyright = readFileSync(`/usr/share/doc/${name}/copyright`)
  const named = copyright
    .toString()
    .matchAll(/\/usr\/share\/common-licenses\/([A-Za-z0-9.-]*[A-Za-z0-9])/g)
  const common = [...named].map(([path, licence = '']): [string, Buffer] => [
    `common/${licence}`,
    readFileSync(path),
  ])
  return new Map([[`${name}.copyright`, copyright], ...common])
}
