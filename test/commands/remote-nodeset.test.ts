import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { dynfarm } from '../fakes/edge.ts'
import { testFolder } from '../fakes/folder.ts'

const nodeset = (...words: string[]) => dynfarm(['remote', 'nodeset', ...words])

test('folds, expands and counts', async () => {
  expect(await nodeset('a1', 'a3', 'a2')).toEqual({ code: 0, stdout: 'a[1-3]\n', stderr: '' })
  expect((await nodeset('-e', 'a[2-1/1]b')).code).toBe(64)
  expect((await nodeset('-e', 'b1,a[9-10]')).stdout).toBe('a9\na10\nb1\n')
  expect((await nodeset('-c', 'a[1-9/2]', 'a1')).stdout).toBe('5\n')
  expect((await nodeset('-e', 'a!a')).stdout).toBe('')
})

test('gives all three as one record', async () => {
  const { stdout } = await nodeset('--json', 'a[1-2]')
  expect(JSON.parse(stdout)).toEqual({ count: 2, folded: 'a[1-2]', nodes: ['a1', 'a2'] })
})

test('reads files, a line a node set, and standard input', async () => {
  const file = join(testFolder(), 'list')
  writeFileSync(file, 'a[1-3] # up to three\n\n b1,b2!b1 \n')
  expect((await nodeset(`^${file}`)).stdout).toBe('a[1-3],b2\n')
  expect((await nodeset(`c1!c1,^${file}&a[2-9]`)).stdout).toBe('a[2-3]\n')
  const stdin = Readable.from(['a1\na', '2\n'])
  expect((await dynfarm(['remote', 'nodeset', '-', '-'], { stdin })).stdout).toBe('a[1-2]\n')
})

test('names the place of what is wrong in a file', async () => {
  const file = join(testFolder(), 'list')
  writeFileSync(file, 'a1\na[1-3],b]\n')
  const { code, stderr } = await nodeset(`^${file}`)
  expect(code).toBe(64)
  expect(stderr).toContain(`node set: "${file}", line 2, position 9: "]" closes nothing\n`)
  writeFileSync(file, `^${file}`)
  expect((await nodeset(`^${file}`)).stderr).toContain('may not stand in a file')
  expect(await nodeset('^/nowhere/list')).toMatchObject({
    code: 71,
    stderr: expect.stringContaining('"/nowhere/list" cannot be read: ENOENT'),
  })
})

test('shows one view only', async () => {
  expect((await nodeset('-e', '-c', 'a')).stderr).toBe(
    'dynfarm: --expand and --count do not go together\n  see "dynfarm help remote nodeset"\n',
  )
})
