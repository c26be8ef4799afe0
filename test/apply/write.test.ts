import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { unlink } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setImmediate as immediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { realMachine } from '../../src/apply/real-machine.ts'
import { snapshot, testFolder } from '../fakes/folder.ts'

const machine = realMachine()
const text = (content: string) => ({ content: Buffer.from(content) })
const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8)

describe('writeFile', () => {
  test('a new file has 0644 whatever the umask, and nothing else stays', async () => {
    const folder = testFolder()
    const before = process.umask(0o077)
    await machine.writeFile(join(folder, 'new'), text('a')).finally(() => process.umask(before))
    expect(modeOf(join(folder, 'new'))).toBe('644')
    expect(readdirSync(folder)).toEqual(['new'])
  })

  test.each([0o600, 0o400, 0o755, 0o4755, 0o000])('mode %o is explicit', async (mode) => {
    const path = join(testFolder(), 'file')
    await machine.writeFile(path, { ...text('a'), mode })
    expect(modeOf(path)).toBe(mode.toString(8))
  })

  test('a file that exists keeps its mode and owner', async () => {
    const path = join(testFolder(), 'file')
    writeFileSync(path, 'old')
    chownSync(path, 12, 34)
    chmodSync(path, 0o2640)
    await machine.writeFile(path, text('new'))
    expect(await machine.readFile(path)).toEqual({ ...text('new'), mode: 0o2640, uid: 12, gid: 34 })
  })

  test('and its extended attributes', async () => {
    const path = join(testFolder(), 'file')
    writeFileSync(path, 'old')
    setAttribute(path, 'user.dynfarm', 'kept')
    await machine.writeFile(path, text('new'))
    expect(getAttribute(path, 'user.dynfarm')).toBe('kept')
  })

  test.each([
    ['daemon', 1, 0],
    ['daemon:games', 1, 60],
    [':games', 0, 60],
    ['12:34', 12, 34],
    ['', 0, 0],
  ])('owner "%s"', async (owner, uid, gid) => {
    const path = join(testFolder(), 'file')
    await machine.writeFile(path, { ...text('a'), owner })
    expect(await machine.readFile(path)).toMatchObject({ uid, gid })
  })

  test('a user or group that nobody knows is named, and nothing is written', async () => {
    const folder = testFolder()
    const path = join(folder, 'file')
    for (const [owner, message] of [
      ['nobody-such', 'no user "nobody-such" on this machine'],
      ['root:-x', 'no group "-x" on this machine'],
    ] as const) {
      const writing = machine.writeFile(path, { ...text('a'), owner })
      await expect(writing).rejects.toMatchObject({ code: 'file-refused', message })
    }
    expect(readdirSync(folder)).toEqual([])
  })

  test('what is already so is not written at all', async () => {
    const path = join(testFolder(), 'file')
    await machine.writeFile(path, { ...text('a'), mode: 0o640, owner: 'daemon' })
    const { ino, ctimeNs } = lstatSync(path, { bigint: true })
    await machine.writeFile(path, { ...text('a'), mode: 0o640, owner: 'daemon' })
    await machine.writeFile(path, text('a'))
    expect(lstatSync(path, { bigint: true })).toMatchObject({ ino, ctimeNs })
    await machine.writeFile(path, { ...text('a'), mode: 0o600 })
    expect(modeOf(path)).toBe('600')
  })

  test('the old content stays with who has the file open or linked', async () => {
    const folder = testFolder()
    writeFileSync(join(folder, 'file'), 'old')
    linkSync(join(folder, 'file'), join(folder, 'link'))
    await machine.writeFile(join(folder, 'file'), text('new'))
    expect(readFileSync(join(folder, 'link'), 'utf8')).toBe('old')
  })

  test('temporaries of killed processes are swept, those of living ones are not', async () => {
    const folder = testFolder()
    for (const name of ['.dynfarm-999999999-1-1', `.dynfarm-${process.pid}-1-1`, '.dynfarm-x']) {
      writeFileSync(join(folder, name), '')
    }
    const living = /^\d+ \(.*\) (?:\S+ ){19}(\d+)/.exec(readFileSync('/proc/1/stat', 'utf8'))?.[1]
    writeFileSync(join(folder, `.dynfarm-1-${living}-7`), '')
    await machine.writeFile(join(folder, 'file'), text('a'))
    expect(readdirSync(folder).toSorted()).toEqual([`.dynfarm-1-${living}-7`, '.dynfarm-x', 'file'])
  })

  test('a folder that is not there, or a failure half-way, leaves nothing', async () => {
    const folder = testFolder()
    await expect(machine.writeFile(join(folder, 'no/file'), text('a'))).rejects.toThrow('ENOENT')
    const device = join(folder, 'full')
    symlinkSync('/dev/full', device)
    await expect(machine.writeFile(device, text('a'))).rejects.toMatchObject({
      message: '"/dev/full" is a device, not a regular file',
    })
    expect(readdirSync(folder)).toEqual(['full'])
  })

  test('a bind-mounted file is rewritten in place', () => {
    const folder = testFolder()
    writeFileSync(join(folder, 'host'), 'of the host, and long', { mode: 0o644 })
    writeFileSync(join(folder, 'hosts'), 'underneath')
    const script = `
      import { realMachine } from '${join(import.meta.dirname, '../../src/apply/real-machine.ts')}'
      await realMachine().writeFile('${folder}/hosts', { content: Buffer.from('new'), mode: 0o640 })`
    const mount = 'mount --bind "$1/host" "$1/hosts" && exec "$2" --input-type=module -e "$3"'
    const rest = ['sh', folder, process.execPath, script]
    execFileSync('unshare', ['-rm', 'sh', '-c', mount, ...rest])
    expect(readFileSync(join(folder, 'host'), 'utf8')).toBe('new')
    expect(modeOf(join(folder, 'host'))).toBe('640')
    expect(readFileSync(join(folder, 'hosts'), 'utf8')).toBe('underneath')
    expect(readdirSync(folder)).toEqual(['host', 'hosts'])
  })
})

test('a bind-mounted file that is read-only is told to be that', () => {
  const folder = testFolder()
  writeFileSync(join(folder, 'hosts'), 'as it is')
  const script = `
    import { realMachine } from '${join(import.meta.dirname, '../../src/apply/real-machine.ts')}'
    await realMachine().writeFile('${folder}/hosts', { content: Buffer.from('new') })
      .catch(({ code }) => console.log(code))`
  const mount =
    'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && exec "$2" --input-type=module -e "$3"'
  const rest = ['sh', `${folder}/hosts`, process.execPath, script]
  const said = execFileSync('unshare', ['-rm', 'sh', '-c', mount, ...rest], { encoding: 'utf8' })
  expect(said).toBe('EROFS\n')
  expect(readdirSync(folder)).toEqual(['hosts'])
})

test('a relative path begins where the program does', async () => {
  const path = join(testFolder(), 'file')
  writeFileSync(path, 'a')
  for (const way of [relative(process.cwd(), path), `./${relative(process.cwd(), path)}`])
    expect(await machine.readFile(way)).toMatchObject(text('a'))
  expect(await machine.readFile('package.json')).toBeDefined()
})

describe('symlinks', () => {
  test("root's own are followed, relative, chained and in folders on the way", async () => {
    const folder = testFolder()
    mkdirSync(join(folder, 'real'))
    writeFileSync(join(folder, 'real/file'), 'old')
    symlinkSync('real', join(folder, 'way'))
    symlinkSync('../way/file', join(folder, 'real/second'))
    symlinkSync(join(folder, 'way/second'), join(folder, 'first'))
    await machine.writeFile(join(folder, 'first'), text('new'))
    expect(readFileSync(join(folder, 'real/file'), 'utf8')).toBe('new')
    expect(lstatSync(join(folder, 'first')).isSymbolicLink()).toBe(true)
    expect((await machine.readFile(join(folder, 'way/second')))?.content).toEqual(
      Buffer.from('new'),
    )
  })

  test.each([
    ['dangling', 'is a symlink to "FOLDER/nowhere", which does not exist'],
    ['circle', 'leads through too many symlinks'],
    ['stranger', 'is a symlink of user 1234, which is not followed'],
    ['stranger-folder/file', 'is a symlink of user 1234, which is not followed'],
    ['folder', 'is a folder, not a regular file'],
    ['pipe', 'is a pipe, not a regular file'],
  ])('%s is refused, for reading and writing', async (name, why) => {
    const folder = testFolder()
    makeTraps(folder)
    const before = snapshot(folder)
    const expected = {
      code: 'file-refused',
      message: expect.stringContaining(why.replace('FOLDER', folder)),
    }
    await expect(machine.readFile(join(folder, name))).rejects.toMatchObject(expected)
    await expect(machine.writeFile(join(folder, name), text('a'))).rejects.toMatchObject(expected)
    await expect(machine.removeFile(join(folder, name))).rejects.toMatchObject({
      code: 'file-refused',
    })
    expect(snapshot(folder)).toEqual(before)
  })
})

describe('removeFile and readFile', () => {
  test('a file goes, and one that is not there is no matter', async () => {
    const path = join(testFolder(), 'file')
    writeFileSync(path, 'a')
    await machine.removeFile(path)
    await machine.removeFile(path)
    expect(await machine.readFile(path)).toBe(undefined)
    expect(await machine.readFile(join(path, 'below'))).toBe(undefined)
  })

  test('a file that goes while it is read is there as it was, or not there', async () => {
    const path = join(testFolder(), 'file')
    for (let turn = 0; turn < 500; turn++) {
      writeFileSync(path, 'old')
      const reading = machine.readFile(path)
      for (let wait = turn % 20; wait > 0; wait--) await immediate()
      const [read] = await Promise.all([reading, unlink(path)])
      expect(read === undefined || read.content.toString() === 'old').toBe(true)
    }
  })

  test('a symlink is not removed', async () => {
    const folder = testFolder()
    writeFileSync(join(folder, 'file'), 'a')
    symlinkSync('file', join(folder, 'link'))
    await expect(machine.removeFile(join(folder, 'link'))).rejects.toMatchObject({
      message: `"${folder}/link" is a symlink, which is not removed`,
    })
  })

  test.each([
    ['a'.repeat(300), 'name too long'],
    ['file/below', 'not a directory'],
    ['a/'.repeat(3000), 'name too long'],
  ])('a path that no file can have is refused: %#', async (name, why) => {
    const folder = testFolder()
    writeFileSync(join(folder, 'file'), 'a')
    const path = `${folder}/${name}`
    await expect(machine.readFile(path)).rejects.toMatchObject({
      ...{ code: 'file-refused', message: `"${path}" cannot be read: ${why}` },
    })
  })

  test('what is too big to be kept is not read', async () => {
    const path = join(testFolder(), 'big')
    execFileSync('truncate', ['-s', '10G', path])
    await expect(machine.readFile(path)).rejects.toMatchObject({ code: 'file-refused' })
  })
})

function makeTraps(folder: string): void {
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'folder/file'), 'a')
  symlinkSync('nowhere', join(folder, 'dangling'))
  symlinkSync('circle', join(folder, 'circle'))
  symlinkSync('folder/file', join(folder, 'stranger'))
  symlinkSync('folder', join(folder, 'stranger-folder'))
  for (const name of ['stranger', 'stranger-folder']) {
    execFileSync('chown', ['-h', '1234', join(folder, name)])
  }
  execFileSync('mkfifo', [join(folder, 'pipe')])
}

/** Debian's base system has perl, but no tool for extended attributes. */
const CALLS = process.arch === 'arm64' ? { set: 5, get: 8 } : { set: 188, get: 191 }

function setAttribute(path: string, name: string, value: string): void {
  const script = `exit(syscall(${CALLS.set}, $ARGV[0], $ARGV[1], $ARGV[2], length $ARGV[2], 0) != 0)`
  execFileSync('perl', ['-e', script, path, name, value])
}

function getAttribute(path: string, name: string): string {
  const script = `$v = "\\0" x 64; $n = syscall(${CALLS.get}, $ARGV[0], $ARGV[1], $v, 64);
    print $n < 0 ? $! : substr($v, 0, $n)`
  return execFileSync('perl', ['-e', script, path, name], { encoding: 'utf8' })
}
