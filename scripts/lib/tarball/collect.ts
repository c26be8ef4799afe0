import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { sha256 } from '../bundle.ts'
import { places, renderLauncher } from './launcher.ts'
import { type Libraries, parseLdd } from './libraries.ts'
import { licencesOf, type Package, packageOf } from './packages.ts'

export interface Wanted {
  /** Of the project. */
  root: string
  programs: readonly string[]
  /** Where it is laid out. */
  folder: string
}

/** Everything of the tarball, with a list of what it is. */
export function collect({ root, programs, folder }: Wanted): void {
  const put = (path: string, content: string | Buffer, mode = 0o644) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true, mode: 0o755 })
    writeFileSync(join(folder, path), content)
    chmodSync(join(folder, path), mode)
  }
  put('dynfarm', readFileSync(join(root, 'dist/dynfarm')), 0o755)
  put('licences/dynfarm', readFileSync(join(root, 'LICENSE')))
  const sources = sourcesOf(programs)
  for (const { from, to, mode } of sources) put(to, readFileSync(realpathSync(from)), mode)
  for (const program of programs) put(program, renderLauncher(program), 0o755)
  const packages = packagesOf(sources.map(({ from }) => from))
  for (const { name } of packages)
    for (const [path, text] of licencesOf(name)) put(`licences/${path}`, text)
  put('PACKAGES', renderPackages(packages))
  put('SHA256SUMS', hashesOf(folder))
  for (const path of globSync('**/', { cwd: folder })) chmodSync(join(folder, path), 0o755)
}

interface Source {
  from: string
  to: string
  mode: number
}

function sourcesOf(programs: readonly string[]): Source[] {
  const found = programs.map((program) => {
    const path = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { encoding: 'utf8' })
    return { program, path: path.trim(), libraries: librariesOf(path.trim()) }
  })
  const [first] = found
  if (first === undefined) return []
  return [
    { from: first.libraries.loader, to: places.loader, mode: 0o755 },
    ...found.map(({ program, path }) => ({
      ...{ from: path, to: `${places.programs}/${program}`, mode: 0o755 },
    })),
    ...[...new Map(found.flatMap(({ libraries }) => [...libraries.found]))].map(([name, path]) => ({
      ...{ from: path, to: `${places.libraries}/${name}`, mode: 0o644 },
    })),
  ]
}

function librariesOf(path: string): Libraries {
  return parseLdd(execFileSync('ldd', [path], { encoding: 'utf8', env: { LC_ALL: 'C' } }))
}

function packagesOf(files: readonly string[]): Package[] {
  const all = new Map(files.map(packageOf).map((one) => [one.name, one]))
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function renderPackages(packages: readonly Package[]): string {
  const lines = packages.map(
    ({ name, version, source }) => `${name} ${version} (source ${source})\n`,
  )
  return ['From Debian, unchanged:\n', ...lines].join('')
}

/** As sha256sum prints and checks it. */
function hashesOf(folder: string): string {
  const files = globSync('**', { cwd: folder }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  )
  return files
    .sort()
    .map((path) => `${sha256(readFileSync(join(folder, path)))}  ${path}\n`)
    .join('')
}
