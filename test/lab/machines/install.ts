import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

/** What stands at a path of a disk before its machine boots for the first time. */
export type Installed = { path: string } & (
  | { content: string; mode?: number }
  | { file: string; mode?: number }
  | { link: string }
)

/** Without mounting the disk. */
export function installFiles(disk: string, files: readonly Installed[]): void {
  const scratch = mkdtempSync(join(tmpdir(), 'dynfarm-install-'))
  try {
    const script = join(scratch, 'script')
    const commands = files.flatMap((file, at) => planFile(file, join(scratch, String(at))))
    writeFileSync(script, commands.map((command) => `${command}\n`).join(''))
    execFileSync('debugfs', ['-w', '-f', script, disk], { stdio: 'pipe' })
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function planFile(file: Installed, scratch: string): string[] {
  const { path } = file
  const place = [...parents(path).flatMap(makeFolder), `cd ${dirname(path)}`]
  const name = basename(path)
  if ('link' in file) return [...place, `rm ${name}`, `symlink ${name} ${file.link}`]
  if ('content' in file) writeFileSync(scratch, file.content)
  const from = 'file' in file ? file.file : scratch
  const mode = 0o100000 | (file.mode ?? 0o644)
  const made = [`write ${from} ${name}`, `sif ${name} mode 0${mode.toString(8)}`]
  return [...place, `rm ${name}`, ...made]
}

function parents(path: string): string[] {
  const words = dirname(path).split('/').slice(1)
  return words.map((_, at) => `/${words.slice(0, at + 1).join('/')}`)
}

/** One that is there already is not made again: debugfs says so and goes on. */
function makeFolder(path: string): string[] {
  return [`cd ${dirname(path)}`, `mkdir ${basename(path)}`]
}
