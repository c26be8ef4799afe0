import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createFile } from '../../src/apply/create-file.ts'
import { testFolder } from '../fakes/folder.ts'

test("a new file is its owner's alone, whatever the mask", async () => {
  const path = join(testFolder(), 'a')
  const before = process.umask(0)
  await createFile(path, async () => {
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    return 'secret'
  }).finally(() => process.umask(before))
  expect(readFileSync(path, 'utf8')).toBe('secret')
  expect(lstatSync(path).mode & 0o777).toBe(0o600)
})

test('one that is there stays, and nothing is made for it', async () => {
  const path = join(testFolder(), 'a')
  writeFileSync(path, 'old')
  const made = createFile(path, async () => {
    throw new Error('made')
  })
  await expect(made).rejects.toMatchObject({ code: 'file-refused' })
  expect(readFileSync(path, 'utf8')).toBe('old')
})

test('when making fails there is no file, and the failure is told', async () => {
  const path = join(testFolder(), 'a')
  const made = createFile(path, async () => {
    throw new Error('why')
  })
  await expect(made).rejects.toThrow('why')
  expect(existsSync(path)).toBe(false)
})
