import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { reachOf } from '../../src/apply/reach.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-reach-'))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('what may be written is open, what is not there is none', async () => {
  const path = join(folder, 'file')
  expect(await reachOf(path)).toBe('none')
  writeFileSync(path, '')
  expect(await reachOf(path)).toBe('open')
  expect(await reachOf(join(path, 'below'))).toBe('none')
})

test('what may not be written is shut', async () => {
  // Of these not even root may write all.
  expect(await reachOf('/proc/sys/kernel/osrelease')).toBe('shut')
})
