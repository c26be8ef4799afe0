import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  type TarMember,
  tarEnd,
  tarHeader,
  tarPadding,
} from '../../../src/remote/copy/tar-write.ts'
import { type RunRemote, remoteCommand } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'

const farm = makeFarm()
let get: RunRemote
let exec: RunRemote
/** What answers instead of tar on the second host, and what it says on standard error. */
const evil = { archive: '', said: '' }

beforeAll(async () => {
  const hosts = await Promise.all([1, 2].map((n) => farm.start({ name: `aruba-${n}` })))
  const remote = remoteCommand(
    farm,
    hosts.map(({ target }) => ({ target })),
  )
  get = remote('get')
  exec = remote('exec')
  evil.archive = join(farm.folder, 'archive')
  evil.said = join(farm.folder, 'said')
  const lines = `cat "${evil.archive}"; cat "${evil.said}" >&2; [ ! -s "${evil.said}" ]`
  writeFileSync(join(farm.folder, 'tar'), `#!/bin/sh\n${lines}\n`, { mode: 0o755 })
  const bind = `mount --bind ${join(farm.folder, 'tar')} $(readlink -f $(command -v tar))`
  expect(await exec(['-w', 'aruba-2', bind])).toMatchObject({ code: 0 })
})

function folder(name: string): string {
  const path = join(farm.folder, name)
  mkdirSync(path, { recursive: true })
  return path
}

function member(name: string, over: Partial<TarMember> = {}, content = ''): Buffer {
  const facts = { name, type: 'file', mode: 0o644, mtime: 1_000_000_000 } as const
  const header = tarHeader({ ...facts, size: content.length, ...over })
  return Buffer.concat([header, Buffer.from(content), tarPadding(content.length)])
}

/** Makes tar's own type of a member another one. */
function retyped(block: Buffer, type: string): Buffer {
  block.write(type, 156)
  block.write('        ', 148)
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

/** Fetches `source` from the host whose tar answers with this. */
async function hear(into: string, members: readonly Buffer[], said = '') {
  writeFileSync(evil.archive, Buffer.concat([...members, tarEnd]))
  writeFileSync(evil.said, said)
  return get(['-w', 'aruba-2', folder('source'), into])
}

describe('what a node sends', () => {
  const below = () => `.${join(farm.folder, 'source')}`

  test.each([
    ['a name that leads up', () => [member(`${below()}/../../out`, {}, 'x')], 'leads out'],
    ['a name that was not asked for', () => [member('./etc/passwd', {}, 'x')], 'nobody asked'],
    ['noise', () => [Buffer.alloc(1024, 'x')], 'no archive'],
    [
      'a hard link to something else',
      () => [retyped(member(`${below()}/x`, { type: 'link', target: '/etc/passwd' }), '1')],
      'hard link',
    ],
  ])('%s is refused', async (name, members, said) => {
    const target = folder(`refused ${name}`)
    const { code, stderr } = await hear(target, members())
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(said) })
    expect(execFileSync('find', [target, '-type', 'f']).toString()).toBe('')
    expect(existsSync(join(farm.folder, 'out'))).toBe(false)
  })

  test('as a link and then a file through it stays inside, now and the next time', async () => {
    const [target, outside] = [folder('through'), folder('outside')]
    const link = member(`${below()}/a`, { type: 'link', target: outside })
    const through = member(`${below()}/a/file`, {}, 'x')
    await hear(target, [link, through])
    expect(await hear(target, [link])).toMatchObject({ code: expect.any(Number) })
    const { stderr } = await hear(target, [through])
    expect(stderr).not.toContain('bug')
    const third = folder('third')
    await hear(third, [link])
    expect((await hear(third, [through])).stderr).toContain('is in the way')
    expect(readdirSync(outside)).toEqual([])
  })

  test('with lent rights comes without them', async () => {
    const target = folder('lent')
    await hear(target, [member(`${below()}/su`, { mode: 0o6755 }, 'x')])
    const path = join(target, 'aruba-2', farm.folder, 'source/su')
    expect(statSync(path).mode & 0o7777).toBe(0o755)
  })

  test('as pipes and devices is left out and told', async () => {
    const target = folder('devices')
    const { code, stderr } = await hear(target, [
      retyped(member(`${below()}/pipe\u001b`), '6'),
      member(`${below()}/file`, {}, 'x'),
      retyped(member(`${below()}/disk`), '4'),
    ])
    expect(code).toBe(3)
    expect(stderr).toContain('/source/pipe\ufffd" and 1 more, neither file, folder nor link')
    expect(readdirSync(join(target, 'aruba-2', farm.folder, 'source'))).toEqual(['file'])
  })

  test('of files that became shorter is left out, the others stay', async () => {
    const target = folder('shrunk')
    const members = ['a', 'b\n'].map((name) => member(`${below()}/${name}`, {}, name))
    const said = `tar: ${below()}/b\\n: File shrank by 1 byte; padding with zeros\n`
    const { code, stderr } = await hear(target, members, said)
    expect({ code, stderr }).toMatchObject({ code: 3 })
    expect(stderr).toContain('became shorter')
    expect(readdirSync(join(target, 'aruba-2', farm.folder, 'source'))).toEqual(['a'])
  })

  test('without its end is nothing', async () => {
    const target = folder('broken')
    writeFileSync(evil.archive, member(`${below()}/a`, {}, 'x'))
    writeFileSync(evil.said, '')
    const { code, stderr } = await get(['-w', 'aruba-2', folder('source'), target])
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('broke off'),
    })
    expect(execFileSync('find', [target, '-type', 'f']).toString()).toBe('')
  })
})

describe('a source', () => {
  test('that has no size, is a link, is no file, or is not there', async () => {
    const home = folder('kinds')
    writeFileSync(join(home, 'file'), 'content')
    symlinkSync('file', join(home, 'link'))
    execFileSync('mkfifo', [join(home, 'pipe')])
    const target = folder('kinds got')
    const sources = ['link', 'pipe', 'nowhere'].map((name) => join(home, name))
    const words = ['-w', 'aruba-1', '/proc/version', '/dev/zero', ...sources, target]
    const { code, stderr } = await get(words)
    expect({ code, stderr }).toMatchObject({ code: 3 })
    expect(stderr).toContain('"/dev/zero" is neither a file nor a folder (and 2 more)')
    const got = join(target, 'aruba-1')
    expect(readFileSync(join(got, 'proc/version'), 'utf8')).toBe(
      readFileSync('/proc/version', 'utf8'),
    )
    expect(lstatSync(join(got, home, 'link')).isFile()).toBe(true)
    expect(readFileSync(join(got, home, 'link'), 'utf8')).toBe('content')
    expect(readdirSync(join(got, home))).toEqual(['link'])
  })

  test('that is larger than was allowed is not taken', async () => {
    const home = folder('size')
    writeFileSync(join(home, 'large'), Buffer.alloc(3000))
    writeFileSync(join(home, 'small'), 'x')
    const target = folder('size got')
    const words = ['-w', 'aruba-1', '--max-size', '2000B', home, '/proc/kallsyms', target]
    const { code, stderr } = await get(words)
    expect({ code, stderr }).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('--max-size'),
    })
    expect(readdirSync(join(target, 'aruba-1', home))).toEqual(['small'])
    expect(existsSync(join(target, 'aruba-1/proc/kallsyms'))).toBe(false)
  })

  test('to a full disk is told, and nothing of it stays', () => {
    const [source, link, target] = ['big', 'link', 'small'].map((name) => join(farm.folder, name))
    writeFileSync(source ?? '', Buffer.alloc(3 * 2 ** 20))
    symlinkSync(source ?? '', link ?? '')
    mkdirSync(target ?? '')
    const script = 'mount -t tmpfs -o size=1m tmpfs "$0"; "$@"; code=$?; find "$0"; exit $code'
    const own = ['--state', join(farm.folder, 'state'), '-i', farm.identity.path, '-w', 'aruba-1']
    const command = [process.execPath, 'bin/dynfarm.ts', 'remote', 'get', ...own]
    for (const each of [source ?? '', link ?? '']) {
      const words = ['-m', 'sh', '-c', script, target ?? '', ...command, each, target ?? '']
      const { status, stdout, stderr } = spawnSync('unshare', words, { encoding: 'utf8' })
      expect(stderr).toContain('cannot be written: ENOSPC')
      expect({ status, stdout }).toEqual({ status: 3, stdout: `${target}\n` })
    }
  })

  test('of several nodes lies flat beside the others', async () => {
    const home = folder('flat')
    writeFileSync(join(home, 'a'), 'a')
    symlinkSync(folder('flat got'), join(farm.folder, 'flat link'))
    const target = join(farm.folder, 'flat link')
    await exec(['-w', 'aruba-2', 'umount $(readlink -f $(command -v tar))'])
    const words = ['-w', 'aruba-[1-2]', '--flat', join(home, 'a'), target]
    expect(await get(words)).toMatchObject({ code: 0 })
    expect(readdirSync(target)).toEqual(['a.aruba-1', 'a.aruba-2'])
    expect((await get(['-w', 'aruba-1', '--flat', home, target])).stderr).toContain('is a folder')
    expect((await get(['-w', 'aruba-1', '--flat', '/a/x', '/b/x', target])).code).toBe(64)
  })

  test('does not come through a link that lies where the node’s folder belongs', async () => {
    const [home, target, outside] = [folder('own'), folder('own got'), folder('own outside')]
    writeFileSync(join(home, 'a'), 'a')
    symlinkSync(outside, join(target, 'aruba-1'))
    const { stderr } = await get(['-w', 'aruba-1', home, target])
    expect(stderr).toContain('is in the way')
    expect(readdirSync(outside)).toEqual([])
    expect(readdirSync(target)).toEqual(['aruba-1'])
  })
})
