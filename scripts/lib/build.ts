import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { bundle, listHashes, sha256 } from './bundle.ts'
import { bundleMain, pack, strippedNode } from './pack.ts'
import { rehearse } from './rehearse.ts'

const root = resolve(import.meta.dirname, '../..')
const dist = join(root, 'dist')
const work = join(dist, 'work')
const folder = join(dist, 'bundle')

mkdirSync(work, { recursive: true })
const names = await bundle(root, folder)
const hashes = await listHashes(folder, names)
writeFileSync(join(dist, 'bundle.sha256'), hashes)
writeFileSync(join(work, 'build.json'), JSON.stringify(describe(hashes)))
await rehearse({ root, work, node: strippedNode(work), bundle: folder })
const packed = join(work, 'dynfarm')
await pack({
  output: packed,
  main: bundleMain(join(import.meta.dirname, 'main-sea.cjs'), join(work, 'main.cjs')),
  assets: assetsOf(names),
  work,
})
// What runs from there goes on with the file that it began with.
renameSync(packed, join(dist, 'dynfarm'))

function describe(list: string): Record<string, string> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  return { version, commit: commit(), platform: `linux-${process.arch}`, bundle: sha256(list) }
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
  const dirty = git('status', '--porcelain') === '' ? '' : '-dirty'
  return git('rev-parse', '--short=12', 'HEAD') + dirty
}

function assetsOf(list: readonly string[]): Record<string, string> {
  const files = list.flatMap((name) => [name, `${name}.cache`])
  const assets = files.map((name) => [`./${name}`, join(folder, name)])
  return { 'build.json': join(work, 'build.json'), ...Object.fromEntries(assets) }
}
