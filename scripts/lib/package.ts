import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { collect } from './tarball/collect.ts'

/** What sites without root lack most often. What else a job needs is part of every distribution. */
const programs = ['openvpn', 'slirp4netns']

const root = resolve(import.meta.dirname, '../..')
const target = resolve(process.argv[2] ?? join(root, 'dist'))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  version: string
}
const name = `dynfarm-${version}-linux-${process.arch}`
const work = mkdtempSync(join(target, '.tarball-'))

try {
  collect({ root, programs, folder: join(work, name) })
  pack()
} finally {
  rmSync(work, { recursive: true })
}
process.stdout.write(`${join(target, name)}.tar.gz\n`)

/** The same files give the same bytes: names in order, no owner, the time of the commit. */
function pack(): void {
  const when = execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' })
  const same = ['--sort=name', `--mtime=@${when.trim()}`, '--owner=0', '--group=0']
  const how = ['--format=gnu', '--numeric-owner', '--use-compress-program=gzip -n']
  const made = join(work, 'tar.gz')
  execFileSync('tar', [...how, ...same, '-cf', made, '-C', work, name])
  renameSync(made, `${join(target, name)}.tar.gz`)
}
