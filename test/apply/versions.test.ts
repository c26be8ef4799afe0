import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { hashOfFile } from '../../src/apply/intake.ts'
import { versionInGoal } from '../../src/apply/version-places.ts'
import { type Versions, versionsAt } from '../../src/apply/versions.ts'

const above = mkdtempSync(join(tmpdir(), 'dynfarm-versions-'))
const root = join(above, 'dynfarm')
let versions: Versions

beforeEach(() => {
  rmSync(root, { recursive: true, force: true })
  versions = versionsAt(root)
})

afterAll(() => rmSync(above, { recursive: true }))

async function put(version: string, ...chunks: string[]): Promise<void> {
  const intake = await versions.receive(version, 100)
  for (const chunk of chunks) await intake.append(Buffer.from(chunk))
  await intake.keep()
}

test('where there is nothing, there is no version', async () => {
  expect([await versions.current(), await versions.list()]).toEqual([undefined, []])
  expect(await versions.areThere()).toBe(false)
  expect(await versions.insteadOf('1.0.0')).toBeUndefined()
})

test('a version is there when it is kept, and only then can anybody start it', async () => {
  const intake = await versions.receive('1.0.0', 100)
  await intake.append(Buffer.from('half'))
  await intake.truncate()
  await intake.append(Buffer.from('who'))
  await intake.append(Buffer.from('le'))
  expect(await hashOfFile(versions.pathOf('1.0.0'))).toBeUndefined()
  const [part = ''] = readdirSync(join(root, 'versions/1.0.0'))
  expect(statSync(join(root, 'versions/1.0.0', part)).mode & 0o777).toBe(0o600)
  await intake.keep()
  expect(readdirSync(join(root, 'versions/1.0.0'))).toEqual(['dynfarm'])
  expect(readFileSync(versions.pathOf('1.0.0'), 'utf8')).toBe('whole')
  expect(statSync(versions.pathOf('1.0.0')).mode & 0o777).toBe(0o755)
})

test('of one that is given up nothing is left', async () => {
  await (await versions.receive('1.0.0', 100)).discard()
  expect(readdirSync(join(root, 'versions/1.0.0'))).toEqual([])
})

test('one that there is no room for is not begun', async () => {
  const huge = Number.MAX_SAFE_INTEGER / 2
  await expect(versions.receive('1.0.0', huge)).rejects.toMatchObject({ code: 'file-refused' })
  expect(readdirSync(join(root, 'versions/1.0.0'))).toEqual([])
})

test('the link leads from one version to the other', async () => {
  await put('1.0.0', 'one')
  await put('1.1.0', 'two')
  await versions.switchTo('1.0.0')
  await versions.switchTo('1.1.0', '1.2.0')
  expect([await versions.current(), await versions.insteadOf('1.1.0')]).toEqual(['1.1.0', '1.2.0'])
  expect(readFileSync(join(root, 'current/dynfarm'), 'utf8')).toBe('two')
  await versions.switchTo('1.1.0')
  expect(await versions.insteadOf('1.1.0')).toBeUndefined()
  expect(readdirSync(root).sort()).toEqual(['current', 'versions'])
})

test('what is in force is not discarded, and another one is', async () => {
  await put('1.0.0', 'one')
  await put('1.1.0', 'two')
  await versions.switchTo('1.0.0')
  await versions.discard('1.0.0')
  await versions.discard('1.1.0')
  expect(await versions.list()).toEqual(['1.0.0'])
})

test('a link that leads elsewhere names no version', async () => {
  await put('1.0.0', 'one')
  symlinkSync('/etc', join(root, 'current'))
  expect(await versions.current()).toBeUndefined()
})

test.each([
  ['versions/1.2.3', '1.2.3'],
  ['versions/1.2.3-rc.1', '1.2.3-rc.1'],
  ['/versions/1.2.3', undefined],
  ['versions/1.2.3/', undefined],
  ['versions/../1.2.3', undefined],
  ['versions/1.2.3-x/../..', undefined],
])('a link to %j is one to version %s', (goal, version) => {
  expect(versionInGoal(goal)).toBe(version)
})
