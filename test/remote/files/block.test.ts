import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashFile } from '../../../src/remote/files/block.ts'
import { findTree } from '../../../src/remote/files/tree.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dynfarm-block-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a large file has the hash of all its bytes, unless it changed since it was found', async () => {
  const path = join(folder, 'large')
  const content = Buffer.from('0123456789'.repeat(250_000))
  writeFileSync(path, content)
  const [entry] = (await findTree(path)).entries
  if (entry === undefined) throw new Error('not found')
  expect(await hashFile(entry)).toBe(createHash('sha256').update(content).digest('hex'))
  appendFileSync(path, 'more')
  await expect(hashFile(entry)).rejects.toThrow('changed while it was sent')
})
