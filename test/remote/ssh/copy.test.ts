import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type RunRemote, remoteCommand } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { holders, until } from './support/processes.ts'
import { type Relay, startRelay } from './support/relay.ts'
import { listTree, makeOddTree } from './support/trees.ts'

const farm = makeFarm()
let put: RunRemote
let get: RunRemote
let exec: RunRemote
let relay: Relay
/** What is done once so many bytes came through the relay. */
const midway = { at: Number.POSITIVE_INFINITY, act: (): void => undefined }

beforeAll(async () => {
  const hosts = await Promise.all([1, 2].map((n) => farm.start({ name: `aruba-${n}` })))
  const narrow = await farm.start({ name: 'aruba-3', config: ['MaxSessions 1'] })
  const targets = [...hosts, narrow].map(({ target }) => target)
  const [first] = targets
  if (first === undefined) throw new Error('no host')
  relay = await startRelay(first, (each) => {
    if (each.bytes() > midway.at) midway.act()
  })
  const remote = remoteCommand(farm, [
    ...targets.map((target) => ({ target })),
    { target: { ...relay.target, name: 'aruba-8' } },
    { target: { ...first, name: 'aruba-9', port: 1 } },
  ])
  put = remote('put')
  get = remote('get')
  exec = remote('exec')
  return () => relay.close()
})

const one = ['-w', 'aruba-1']

/** All hosts see the same files but for /run and what is mounted there: so each test has a folder of its own. */
function folder(name: string): string {
  const path = join(farm.folder, name)
  mkdirSync(path, { recursive: true })
  return path
}

function file(path: string, content: string | Buffer): string {
  writeFileSync(path, content)
  return path
}

async function onHost(line: string): Promise<string> {
  const { code, stdout, stderr } = await exec([...one, '-N', line])
  if (code !== 0) throw new Error(stderr)
  return stdout
}

function recordOf({ stdout }: { stdout: string }): Record<string, unknown> {
  return JSON.parse(stdout)
}

/** As much as takes a second and more with the limit that is used here. */
const slowly = ['--limit', '40M']
const large = Buffer.alloc(12 * 2 ** 20, 'a large file ')

describe('a tree', () => {
  test('arrives as it is, and again is nothing to do', async () => {
    const source = makeOddTree(folder('odd/tree'))
    const target = folder('odd/there')
    expect(await put([...one, source, target])).toMatchObject({ code: 0 })
    expect(listTree(join(target, 'tree'))).toEqual(listTree(source))
    const again = recordOf(await put([...one, '--json', source, target]))
    expect(again).toMatchObject({ bytes: { sent: 0 }, files: { sent: 0, identical: 22 } })

    const back = folder('odd/back')
    expect(await get([...one, join(target, 'tree'), back])).toMatchObject({ code: 0 })
    const lent = (line: string) => line.replace('"/setuid" 4711', '"/setuid" 711')
    const open = (line: string) => line.replace('"/folder" 555', '"/folder" 755')
    expect(listTree(join(back, 'aruba-1', target, 'tree'))).toEqual(
      listTree(source).map((line) => open(lent(line))),
    )
  })

  test('takes the place of what is there, file by file, and mends modes and times', async () => {
    const source = makeOddTree(folder('merge/tree'))
    const target = folder('merge/there/tree')
    file(join(target, 'plain'), 'older')
    file(join(target, 'other'), 'stays')
    file(join(target, 'empty'), '')
    symlinkSync('/nowhere', join(target, '.dot'))
    symlinkSync(folder('merge/elsewhere'), join(target, 'to folder'))
    expect(await put([...one, source, folder('merge/there')])).toMatchObject({ code: 0 })
    expect(readFileSync(join(target, 'other'), 'utf8')).toBe('stays')
    expect(readdirSync(join(farm.folder, 'merge/elsewhere'))).toEqual([])
    rmSync(join(target, 'other'))
    const folderTime = (lines: string[]) => lines.filter((line) => !line.startsWith('"" '))
    expect(folderTime(listTree(target))).toEqual(folderTime(listTree(source)))
  })

  test('of more files than go into one step, with hard links, holes and a pipe among them', async () => {
    const source = folder('many/tree')
    for (let n = 0; n < 450; n++) file(join(source, `file ${n}`), `content ${n}`)
    linkSync(join(source, 'file 1'), join(source, 'hard'))
    truncateSync(file(join(source, 'sparse'), 'x'), 3 * 2 ** 20)
    const target = folder('many/there')
    execFileSync('mkfifo', [join(source, 'pipe')])
    const { code, stderr } = await put([...one, source, target])
    expect({ code, stderr }).toMatchObject({ code: 0 })
    expect(stderr).toContain(`left out "${join(source, 'pipe')}"`)
    rmSync(join(source, 'pipe'))
    execFileSync('touch', ['-r', join(target, 'tree'), source])
    expect(listTree(join(target, 'tree'))).toEqual(listTree(source))
    const back = folder('many/back')
    expect(await get([...one, join(target, 'tree'), back])).toMatchObject({ code: 0 })
    expect(listTree(join(back, 'aruba-1', target, 'tree'))).toEqual(listTree(source))
  })
})

describe('the target', () => {
  test('that is a folder gets the file inside it, and is never replaced by it', async () => {
    const source = file(join(folder('target'), 'motd'), 'hello')
    const there = folder('target/there')
    await put([...one, source, there])
    expect(readFileSync(join(there, 'motd'), 'utf8')).toBe('hello')
    symlinkSync(there, join(farm.folder, 'target/link'))
    file(source, 'changed')
    await put([...one, source, join(farm.folder, 'target/link')])
    expect(readFileSync(join(there, 'motd'), 'utf8')).toBe('changed')
    rmSync(join(there, 'motd'))
    mkdirSync(join(there, 'motd'))
    const { code, stderr } = await put([...one, source, there])
    expect({ code, stderr }).toMatchObject({ code: 3 })
    expect(stderr).toContain('"motd" is a folder there')
    expect(readdirSync(join(there, 'motd'))).toEqual([])
  })

  test('that is no folder gives its name, and a link is replaced, not followed', async () => {
    const source = file(join(folder('name'), 'source'), 'new')
    const [own, link] = [join(farm.folder, 'name/own'), join(farm.folder, 'name/link')]
    file(own, 'mine')
    symlinkSync(own, link)
    expect(await put([...one, source, link])).toMatchObject({ code: 0 })
    expect([readFileSync(own, 'utf8'), readFileSync(link, 'utf8')]).toEqual(['mine', 'new'])
    expect(lstatSync(link).isFile()).toBe(true)
    const tree = folder('name/tree')
    file(join(tree, 'x'), 'x')
    expect(await put([...one, tree, join(farm.folder, 'name/new')])).toMatchObject({ code: 0 })
    expect(readdirSync(join(farm.folder, 'name/new'))).toEqual(['x'])
    expect((await put([...one, tree, own])).stderr).toContain('"own" is there and no folder')
  })

  test('that is a device, a pipe or a socket stays one, also inside a tree', async () => {
    const [home, tree] = [folder('kinds'), folder('kinds/tree')]
    const source = file(join(home, 'source'), 'x')
    symlinkSync('source', join(tree, 'null'))
    await onHost('mkdir -p /run/kinds/tree; cd /run/kinds; mknod null c 1 3; mkfifo pipe tree/null')
    await onHost(`perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "/run/kinds/socket")'`)
    for (const name of ['null', 'pipe', 'socket']) {
      const { code, stderr } = await put([...one, source, `/run/kinds/${name}`])
      const said = `"${name}" is a device, pipe or socket there`
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(said) })
    }
    const { stderr } = await put([...one, tree, '/run/kinds'])
    expect(stderr).toContain('"tree/null" is a device, pipe or socket there')
    const kinds = await onHost('cd /run/kinds; stat -c %F null pipe socket tree/null; ls -A')
    expect(kinds).toBe('character special file\nfifo\nsocket\nfifo\nnull\npipe\nsocket\ntree\n')
  })

  test.each([
    ['in a folder that is not there', ['a'], 'no/x', 'there is no folder'],
    ['written as a folder', ['a'], 'x/', 'there is no folder'],
    ['of several', ['a', 'b'], 'x', 'there is no folder'],
    ['with a name that is too long', ['a'], 'x'.repeat(256), 'File name too long'],
  ])('%s is refused by the node', async (_, names, target, said) => {
    const home = folder('refused')
    const sources = names.map((name) => file(join(home, name), name))
    const { code, stderr } = await put([...one, ...sources, `${home}/${target}`])
    expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(said) })
    expect(readdirSync(home).sort()).toEqual(readdirSync(home).filter((name) => name.length === 1))
  })

  test('is written as the account that was asked for', async () => {
    const home = folder('account')
    const source = file(join(home, 'source'), 'x')
    execFileSync('chmod', ['755', farm.folder, home])
    const { stderr } = await put([...one, '--as', 'nobody', source, join(home, 'denied')])
    expect(stderr).toContain('Permission denied')
    const tree = folder('account/tree')
    file(join(tree, 'x'), 'x')
    const denied = await put([...one, '--as', 'nobody', tree, join(home, 'denied')])
    expect(denied.stderr).toMatch(/exit: mkdir: .*Permission denied: aruba-1$/m)
    const closed = folder('account/closed')
    execFileSync('chmod', ['700', closed])
    expect((await put([...one, '--as', 'nobody', source, closed])).stderr).toContain(
      `the folder "${closed}" may not be entered`,
    )
    const open = folder('account/open')
    execFileSync('chmod', ['777', open])
    expect(await put([...one, '--as', 'nobody', source, open])).toMatchObject({ code: 0 })
    expect(statSync(join(open, 'source')).uid).toBe(65_534)
    expect(await put([...one, '--sudo', source, join(home, 'sudo')])).toMatchObject({ code: 0 })
  })
})

describe('what goes wrong', () => {
  test.each([
    ['a full disk', 'size=1m', 'No space left on device'],
    ['a read-only one', 'size=4m,ro', 'Read-only file system'],
  ])('%s leaves the old file as it was', async (name, options, said) => {
    const home = folder(name)
    const tree = folder(`${name}/tree`)
    for (const each of ['a', 'b']) file(join(tree, each), Buffer.alloc(2 ** 20, each))
    const single = file(join(home, 'single'), Buffer.alloc(2 ** 21, 'x'))
    const disk = `/run/${name.replaceAll(' ', '-')}`
    const made = `mkdir ${disk}/tree; echo old >${disk}/single; echo old >${disk}/tree/a`
    await onHost(`mkdir ${disk}; mount -t tmpfs -o size=1m tmpfs ${disk}; ${made}`)
    await onHost(`mount -o remount,${options} ${disk}`)
    for (const source of [single, tree]) {
      const { code, stderr } = await put([...one, source, disk])
      expect({ code, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(said) })
    }
    const found = `cd ${disk}; cat single tree/a; find . | sort | tr '\\n' ' '`
    expect(await onHost(found)).toBe('old\nold\n. ./single ./tree ./tree/a ')
  })

  test('a broken connection leaves the old file, and the next run goes on where it was', async () => {
    const home = folder('broken')
    const source = file(join(home, 'source'), large)
    const target = file(join(home, 'target'), 'old')
    const first = put(['-w', 'aruba-8', '--json', ...slowly, source, target])
    const part = () => readdirSync(home).find((name) => name.startsWith('.dynfarm-')) ?? 'none'
    const came = () => statSync(join(home, part(), 'target'), { throwIfNoEntry: false })?.size ?? 0
    await until(() => came() > 2 ** 20)
    relay.reset()
    expect(recordOf(await first)).toMatchObject({ class: 'lost', phase: 'run', started: true })
    expect(readFileSync(target, 'utf8')).toBe('old')
    await until(() => holders(home).length === 0)
    const before = came()
    expect(before).toBeGreaterThan(2 ** 20)
    const second = recordOf(await put([...one, '--json', source, target]))
    expect(second).toMatchObject({ class: 'ok', files: { sent: 1 } })
    const { sent } = second['bytes'] as { sent: number }
    expect(sent).toBeLessThan(large.length - before + 100)
    expect(readFileSync(target).equals(large)).toBe(true)
    expect(readdirSync(home).sort()).toEqual(['source', 'target'])
  })

  describe('of a large file that is fetched', () => {
    const fetch = (from: string, source: string, into: string) =>
      get(['-w', from, '--json', '--flat', source, into])
    const parts = (into: string) =>
      readdirSync(into, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.includes('/part-'),
      )
    const came = (into: string) =>
      parts(into).reduce((sum, name) => sum + statSync(join(into, name)).size, 0)

    const halfway = (act: () => void) => {
      midway.at = relay.bytes() + large.length / 2
      midway.act = () => {
        midway.at = Number.POSITIVE_INFINITY
        act()
      }
    }

    /** Breaks off in the middle, and gives how much had come by then. */
    async function breakOff(source: string, into: string): Promise<number> {
      halfway(() => relay.reset())
      const broken = recordOf(await fetch('aruba-8', source, into))
      expect(broken).toMatchObject({ class: 'lost', phase: 'run' })
      expect(came(into)).toBeGreaterThan(2 ** 20)
      expect(readdirSync(into).filter((name) => !name.startsWith('.'))).toEqual([])
      expect(parts(into)).toHaveLength(1)
      return came(into)
    }

    test('the next run goes on where it was', async () => {
      const [home, into] = [folder('fetched'), folder('fetched into')]
      const source = file(join(home, 'source'), large)
      chmodSync(source, 0o4750)
      utimesSync(source, 1_000_000_000, 1_000_000_000)
      const before = await breakOff(source, into)
      const { bytes, ...record } = recordOf(await fetch('aruba-8', source, into))
      expect(record).toMatchObject({ class: 'ok', files: { received: 1 } })
      expect(bytes).toEqual({ received: large.length - before })
      expect(readdirSync(into)).toEqual(['source.aruba-8'])
      const target = join(into, 'source.aruba-8')
      expect(readFileSync(target).equals(large)).toBe(true)
      const { mode, mtimeMs } = statSync(target)
      expect([mode & 0o7777, mtimeMs]).toEqual([0o750, 1e12])
    })

    test.each([
      [
        'that changed in what had come',
        (old: Buffer) => Buffer.concat([Buffer.from('new'), old.subarray(3)]),
      ],
      ['that is shorter now', (old: Buffer) => old.subarray(0, 2 ** 20)],
    ])('%s, it comes whole', async (name, change) => {
      const [home, into] = [folder(name), folder(`${name} into`)]
      const source = file(join(home, 'source'), large)
      await breakOff(source, into)
      const now = change(large)
      writeFileSync(source, now)
      const record = recordOf(await fetch('aruba-8', source, into))
      expect(record).toMatchObject({ class: 'ok', bytes: { received: now.length } })
      expect(readFileSync(join(into, 'source.aruba-8')).equals(now)).toBe(true)
    })

    test('what came of one node or file is not taken for that of another', async () => {
      const [home, into] = [folder('others fetched'), folder('others fetched into')]
      const source = file(join(home, 'source'), large)
      await breakOff(source, into)
      const other = await fetch('aruba-1', source, into)
      expect(recordOf(other)).toMatchObject({ class: 'ok', bytes: { received: large.length } })
      expect(parts(into)).toHaveLength(1)
    })

    test('what a run that was killed had got is found, and what is in use is let alone', async () => {
      const [home, into] = [folder('killed'), folder('killed into')]
      const source = file(join(home, 'source'), large)
      const before = await breakOff(source, into)
      const [left = ''] = readdirSync(into)
      // As of a process that is no more, and of one that is.
      const dead = left.replace('-0-0-', `-${process.pid}-1-`)
      const born = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ')[19]
      const alive = left.replace('-0-0-', `-${process.pid}-${born}-`)
      renameSync(join(into, left), join(into, dead))
      file(join(into, dead, 'a0b1'), 'what was not whole')
      mkdirSync(join(into, alive), { mode: 0o700 })
      const open = left.replace('-0-0-', '-0-1-')
      mkdirSync(join(into, open), { mode: 0o755 })
      const { bytes } = recordOf(await fetch('aruba-8', source, into))
      expect(bytes).toEqual({ received: large.length - before })
      expect(readdirSync(into)).toEqual([open, alive, 'source.aruba-8'].sort())
    })

    test('^C leaves nothing', async () => {
      let press: (signal: NodeJS.Signals) => void = () => undefined
      const [home, into] = [folder('fetch stopped'), folder('fetch stopped into')]
      const source = file(join(home, 'source'), large)
      halfway(() => press('SIGTERM'))
      const { code } = await get(['-w', 'aruba-8', source, into], {
        onInterrupt: (listener) => {
          press = listener
        },
      })
      expect({ code, left: readdirSync(into) }).toEqual({ code: 130, left: [] })
    })
  })

  test('a part of something else is sent again whole', async () => {
    const home = folder('other part')
    const source = file(join(home, 'source'), large)
    const hash = execFileSync('sha256sum', [source]).toString().slice(0, 64)
    file(join(folder(`other part/.dynfarm-${hash}`), 'target'), Buffer.alloc(5000, 'x'))
    const target = join(home, 'target')
    const record = recordOf(await put([...one, '--json', source, target]))
    expect(record).toMatchObject({ class: 'ok' })
    expect(readFileSync(target).equals(large)).toBe(true)
  })

  test.each(['alone', 'in a tree'])('what changed on its way %s is refused', async (way) => {
    const home = folder(`corrupt ${way}`)
    const tree = folder(`corrupt ${way}/tree`)
    for (const name of way === 'alone' ? ['a'] : ['a', 'b']) file(join(tree, name), 'aaa')
    const there = folder(`corrupt ${way}/there/tree`)
    file(join(there, 'a'), 'old')
    const program = way === 'alone' ? 'tee' : 'tar'
    const real = (await onHost(`readlink -f $(command -v ${program})`)).trim()
    const fake =
      program === 'tee'
        ? 'tr a b | /run/real "$@"'
        : '/run/real "$@" && for f in tree/.dynfarm-*/a; do echo bbb >$f; done'
    await onHost(
      `cp ${real} /run/real; printf '#!/bin/sh\\n%s\\n' '${fake}' >/run/fake; chmod 755 /run/fake`,
    )
    await onHost(`mount --bind /run/fake ${real}`)
    try {
      const { code, stderr } = await put([...one, tree, join(home, 'there')])
      expect({ code, stderr }).toMatchObject({ code: 3 })
      expect(stderr).toMatch(/the hash is another one|a: FAILED/)
    } finally {
      await onHost(`umount ${real}`)
    }
    expect(readFileSync(join(there, 'a'), 'utf8')).toBe('old')
    expect(readdirSync(there)).toEqual(['a'])
    expect(readdirSync(join(home, 'there'))).toEqual(['tree'])
  })

  test('a source that changes while it is sent is told, and not put in place', async () => {
    const home = folder('changed')
    const source = file(join(home, 'source'), Buffer.alloc(66 * 2 ** 20, 'x'))
    const target = file(join(home, 'target'), 'old')
    const done = put([...one, '--limit', '80M', source, target])
    await until(() => readdirSync(home).length === 3)
    appendFileSync(source, 'more')
    const { code, stderr } = await done
    expect({ code, stderr }).toMatchObject({ code: 3 })
    expect(stderr).toContain('changed while it was sent')
    expect(readFileSync(target, 'utf8')).toBe('old')
    await until(() => readdirSync(home).length === 2)
  })

  test('^C removes what was begun', async () => {
    let press: (signal: NodeJS.Signals) => void = () => undefined
    const home = folder('stopped')
    const source = file(join(home, 'source'), large)
    const target = file(join(home, 'target'), 'old')
    const done = put([...one, ...slowly, source, target], {
      onInterrupt: (listener) => {
        press = listener
      },
    })
    await until(() => readdirSync(home).length === 3)
    press('SIGINT')
    press('SIGINT')
    const { code, stderr } = await done
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining('1 killed'),
    })
    await until(() => readdirSync(home).length === 2)
    expect(readFileSync(target, 'utf8')).toBe('old')
  })

  test('ends a run before it began where a source is none', async () => {
    const home = folder('sources')
    execFileSync('mkfifo', [join(home, 'pipe')])
    for (const source of ['pipe', 'nowhere', '../../../dev/zero']) {
      const { code } = await put([...one, join(home, source), home])
      expect({ source, code }).toEqual({ source, code: 71 })
    }
  })

  test('are two sources that would be one', async () => {
    const home = folder('equal')
    const sources = ['a', 'b'].map((name) => file(join(folder(`equal/${name}`), 'x'), name))
    const { code, stderr } = await put([...one, ...sources, home])
    expect({ code, stderr }).toMatchObject({
      code: 64,
      stderr: expect.stringContaining('two sources have the name "x"'),
    })
    expect(existsSync(join(home, 'x'))).toBe(false)
  })

  test('is told node by node, and the others go on', async () => {
    const home = folder('others')
    const source = file(join(home, 'source'), 'x')
    const failedTo = join(home, 'failed')
    const words = ['-w', 'aruba-[1,9]', '--failed-to', failedTo, source, join(home, 'there')]
    expect(await put(words)).toMatchObject({ code: 4 })
    expect(readFileSync(failedTo, 'utf8')).toBe('aruba-9\n')
    expect(existsSync(join(home, 'there'))).toBe(true)
  })
})

test('an sshd that has one channel at a time is no obstacle', async () => {
  const [source, back] = [file(join(folder('narrow'), 'file'), large), folder('narrow/back')]
  const target = join(folder('narrow'), 'there')
  const three = ['-w', 'aruba-3']
  expect(await put([...three, source, target])).toMatchObject({ code: 0 })
  expect(await get([...three, '--flat', target, back])).toMatchObject({ code: 0 })
  expect(readFileSync(join(back, 'there.aruba-3')).equals(large)).toBe(true)
})

test('a dry run does nothing and says what', async () => {
  const source = file(join(folder('dry'), 'source'), 'x')
  const { stdout } = await put(['-w', 'aruba-[1-2]', '--dry-run', source, '/run/x'])
  expect(stdout).toBe(
    `would put 1 file, 1 B, as root on 2 nodes: aruba-[1-2]\n  "${source}"\n  to "/run/x"\n`,
  )
})
