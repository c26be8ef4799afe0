import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeFolders } from '../../../src/remote/files/small.ts'

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dynfarm-folders-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

test('folders are made with those above them, by several at once, and once more', async () => {
  const folder = scratch()
  const path = join(folder, 'a/b/c')
  await Promise.all([makeFolders(path, 0o700), makeFolders(path, 0o700)])
  await makeFolders(path)
  expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
  mkdirSync(join(folder, 'real'))
  symlinkSync('real', join(folder, 'link'))
  await makeFolders(join(folder, 'link/d'))
  expect(statSync(join(folder, 'real/d')).isDirectory()).toBe(true)
})

test.each([
  ['of a kind that takes none', () => '/proc/dynfarm/x', 'ENOENT'],
  ['that is a file', (folder: string) => join(folder, 'file/x'), 'EEXIST'],
  ['behind a link to nowhere', (folder: string) => join(folder, 'dangling/x'), 'EEXIST'],
])('none is made in a place %s', async (_, place, code) => {
  const folder = scratch()
  writeFileSync(join(folder, 'file'), '')
  symlinkSync('nowhere', join(folder, 'dangling'))
  await expect(makeFolders(place(folder))).rejects.toMatchObject({ code })
})
