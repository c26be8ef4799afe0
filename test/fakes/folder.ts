import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder of the test's own, gone after it. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** All that can be told of a folder: names, kinds, modes, owners and contents, one line each. */
export function snapshot(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  return names.map((name) => `${name} ${describe(join(folder, name))}`)
}

function describe(path: string): string {
  const stats = lstatSync(path)
  const facts = [stats.mode.toString(8), stats.uid, stats.gid]
  if (stats.isSymbolicLink()) facts.push(readlinkSync(path))
  if (stats.isFile()) facts.push(readFileSync(path, 'base64'))
  return facts.join(' ')
}
