import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type TarEntry, TarFault, TarReader } from '../../../src/remote/copy/tar-read.ts'
import {
  type TarMember,
  tarEnd,
  tarHeader,
  tarPadding,
} from '../../../src/remote/copy/tar-write.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-tar-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const long = `./${'deep/'.repeat(30)}${'x'.repeat(200)}`

function file(name: string, text: string, mode = 0o640): Buffer {
  const member: TarMember = { name, type: 'file', mode, mtime: 1_000_000_007, size: text.length }
  return Buffer.concat([tarHeader(member), Buffer.from(text), tarPadding(text.length)])
}

const archive = Buffer.concat([
  file('./plain', 'abc', 0o4711),
  file('./new\nline \xff', ''),
  file(long, 'deep'),
  tarHeader({ name: './link', type: 'link', mode: 0o777, mtime: 0, size: 0, target: long }),
  tarHeader({ name: './empty/', type: 'folder', mode: 0o755, mtime: 1_000_000_000, size: 0 }),
  tarEnd,
])

describe.each([
  ['tar', ['tar']],
  ['busybox', ['busybox', 'tar']],
] as const)('%s', (name, [program, ...first]) => {
  test('unpacks what is written', () => {
    const target = mkdtempSync(join(folder, `${name}-`))
    const done = spawnSync(program, [...first, '-x', '-p', '-o', '-f', '-', '-C', target], {
      input: archive,
    })
    expect({ status: done.status, stderr: done.stderr.toString() }).toEqual({
      status: 0,
      stderr: '',
    })
    expect(readdirSync(target, { encoding: 'latin1' }).sort()).toEqual(
      ['deep', 'empty', 'link', 'new\nline \xff', 'plain'].sort(),
    )
    expect(statSync(join(target, 'plain'))).toMatchObject({ mtimeMs: 1_000_000_007_000 })
    expect(statSync(join(target, 'plain')).mode & 0o7777).toBe(0o4711)
    expect(readFileSync(join(target, long), 'utf8')).toBe('deep')
    expect(readlinkSync(join(target, 'link'))).toBe(long)
  })

  test('packs what is read', async () => {
    const target = mkdtempSync(join(folder, `${name}-`))
    spawnSync('tar', ['-x', '-f', '-', '-C', target], { input: archive })
    spawnSync('ln', ['plain', 'hard'], { cwd: target })
    spawnSync('mkfifo', ['pipe'], { cwd: target })
    const packed = spawnSync(program, [...first, '-c', '-f', '-', '.'], { cwd: target })
    const { entries } = await read(packed.stdout, 1000)
    const found = Object.fromEntries(entries.map(({ entry }) => [entry.name, entry.type]))
    expect(Object.values(found).sort()).toEqual(
      [
        ...Array(32).fill('folder'),
        ...['file', 'file', 'file', 'hardlink', 'link', 'other'],
      ].sort(),
    )
    expect(entries.find(({ entry }) => entry.name === long)?.text).toBe('deep')
    expect(entries.find(({ entry }) => entry.name === './link')?.entry.target).toBe(long)
    expect(entries.find(({ text }) => text === 'abc')?.entry).toMatchObject({
      mode: 0o4711,
      mtime: 1_000_000_007,
    })
  })
})

test('names of pax are read', async () => {
  const target = mkdtempSync(join(folder, 'pax-'))
  spawnSync('tar', ['-x', '-f', '-', '-C', target], { input: archive })
  const packed = spawnSync('tar', ['-c', '--format=pax', '-f', '-', '.'], { cwd: target })
  const { entries, isWhole } = await read(packed.stdout, 512)
  expect(entries.map(({ entry }) => entry.name)).toContain(long)
  expect(isWhole).toBe(true)
})

describe('what is read', () => {
  test.each([1, 511, 512, 513, 100_000])('comes to the same in pieces of %i', async (size) => {
    const { entries, isWhole } = await read(archive, size)
    expect(entries.map(({ entry: { name, type }, text }) => [name, type, text])).toEqual([
      ['./plain', 'file', 'abc'],
      ['./new\nline \xff', 'file', ''],
      [long, 'file', 'deep'],
      ['./link', 'link', ''],
      ['./empty/', 'folder', ''],
    ])
    expect(isWhole).toBe(true)
  })

  test('is not whole before its end', async () => {
    const { isWhole } = await read(archive.subarray(0, -1024), 4096)
    expect(isWhole).toBe(false)
  })

  test('is an archive or refused', async () => {
    const noise = Buffer.alloc(2048, 'noise')
    await expect(read(noise, 2048)).rejects.toThrow(TarFault)
    const endless = tarHeader({ name: 'x', type: 'file', mode: 0, mtime: 0, size: 2 ** 30 })
    endless.write('L', 156)
    const sum = endless.reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 32 : byte), 0)
    endless.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    await expect(read(endless, 512)).rejects.toThrow('longer than 1 MiB')
    const after = Buffer.concat([archive, Buffer.alloc(2 ** 21)])
    await expect(read(after, 65_536)).rejects.toThrow('after the end')
  })
})

interface Read {
  entries: { entry: TarEntry; text: string }[]
  isWhole: boolean
}

async function read(bytes: Buffer, size: number): Promise<Read> {
  const entries: Read['entries'] = []
  const reader = new TarReader({
    begin: async (entry) => void entries.push({ entry, text: '' }),
    data: async (part) => {
      const last = entries.at(-1)
      if (last !== undefined) last.text += part.toString('latin1')
    },
    end: async () => undefined,
  })
  for (let at = 0; at < bytes.length; at += size) await reader.take(bytes.subarray(at, at + size))
  return { entries, isWhole: reader.isWhole }
}
