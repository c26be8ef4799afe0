import { execFileSync } from 'node:child_process'
import { chmodSync, lchownSync, mkdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { transact } from '../../../src/apply/transaction.ts'
import { renderPlan } from '../../../src/plan/render.ts'
import type { FileWanted, SiteWanted } from '../../../src/site/wanted.ts'
import { snapshot } from '../../fakes/folder.ts'
import { join, leave, nothingMuch, planFor } from './join-and-leave.ts'
import { put, type Rooted, rootedMachine } from './rooted.ts'

const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB'
const full: SiteWanted = {
  ...nothingMuch,
  hostname: 'set',
  admins: [{ name: 'anna', key }],
  files: [
    { path: '/etc/profile.d/x/cms.sh', content: 'export A=1\n', secret: false },
    {
      path: '/etc/munge.key',
      content: Uint8Array.of(0, 255),
      mode: 0o400,
      owner: 'daemon',
      secret: true,
    },
    { path: '/etc/motd', content: 'ours\n', mode: 0o600, secret: false },
  ],
}

function usualMachine(): Rooted {
  const machine = rootedMachine()
  put(machine.root, '/etc/hosts', '127.0.0.1 localhost\n127.0.1.1 aruba-1 old\n')
  put(machine.root, '/etc/hostname', 'old\n')
  put(machine.root, '/etc/motd', 'theirs\n', 0o640)
  put(
    machine.root,
    '/etc/cloud/cloud.cfg',
    'manage_etc_hosts: true\nsystem_info: {distro: debian}\n',
  )
  mkdirSync(`${machine.root}/etc/cloud/cloud.cfg.d`)
  return machine
}

const read = ({ root }: Rooted, path: string) => readFileSync(root + path, 'utf8')

describe('a machine', () => {
  test('gets all of it, in order, once, and is as before after leave', async () => {
    const machine = usualMachine()
    const before = snapshot(machine.root)
    const { parts, problems } = await join(full, machine)
    expect(problems).toEqual([])
    expect(
      parts.map(({ name, record, steps }) => [
        name,
        record,
        renderPlan(steps).replaceAll(/ {2}#.*/g, ''),
      ]),
    ).toEqual([
      [
        'ssh',
        false,
        'mkdir -Z -m 0700 -- /root/.ssh\nwrite /root/.ssh/authorized_keys (0600, 177 bytes)',
      ],
      ['hostname', true, 'write /etc/hostname (8 bytes)\nhostname aruba-1'],
      [
        'hosts',
        false,
        'write /etc/cloud/cloud.cfg.d/zz-dynfarm.cfg (0644, 74 bytes)\nwrite /etc/hosts (177 bytes)',
      ],
      [
        'files',
        true,
        'mkdir -Z -m 0755 -- /etc/profile.d\nmkdir -Z -m 0755 -- /etc/profile.d/x\nwrite /etc/profile.d/x/cms.sh (11 bytes)\nwrite /etc/munge.key (0400, daemon, 2 bytes)\nwrite /etc/motd (0600, 5 bytes)',
      ],
    ])
    expect((await planFor(full, machine)).steps).toEqual([])
    expect(read(machine, '/etc/hosts')).toContain('#dynfarm# 127.0.1.1 aruba-1 old\n')
    expect(await leave(machine)).toEqual([])
    expect(snapshot(machine.root)).toEqual(before)
  })

  test('that fails at any step is as before', async () => {
    const machine = usualMachine()
    const before = snapshot(machine.root)
    const { steps } = await planFor(full, machine)
    for (const [index] of steps.entries()) {
      const cut = [
        ...steps.slice(0, index + 1),
        { kind: 'command', reason: '', argv: ['false'] } as const,
      ]
      const running = transact({ machine, state: machine.state }, (run) => run.apply(cut))
      await expect(running).rejects.toMatchObject({ code: 'step-failed' })
      expect(snapshot(machine.root)).toEqual(before)
    }
  })

  test('keeps at leave what others wrote around the blocks meanwhile', async () => {
    const machine = usualMachine()
    await join(full, machine)
    put(machine.root, '/etc/hosts', `${read(machine, '/etc/hosts')}10.1.1.1 theirs\n`)
    put(
      machine.root,
      '/root/.ssh/authorized_keys',
      `${read(machine, '/root/.ssh/authorized_keys')}${key} theirs\n`,
      0o600,
    )
    expect(await leave(machine)).toEqual([])
    expect(read(machine, '/etc/hosts')).toBe(
      '127.0.0.1 localhost\n127.0.1.1 aruba-1 old\n10.1.1.1 theirs\n',
    )
    expect(read(machine, '/root/.ssh/authorized_keys')).toBe(`${key} theirs\n`)
  })

  test('gets another hosts block and other keys where they changed, and nothing else', async () => {
    const machine = usualMachine()
    await join(full, machine)
    const changed = {
      ...full,
      admins: [{ name: 'bert', key }],
      hosts: [...full.hosts, { address: '192.0.2.22', names: ['ce'] }],
    }
    const { parts } = await join(changed, machine)
    expect(parts.map(({ steps }) => steps.length)).toEqual([1, 0, 1, 0])
    expect((await planFor(changed, machine)).steps).toEqual([])
  })
})

describe('odd machines', () => {
  test('one that keeps its name may have its hostname from a file of the site', async () => {
    const machine = usualMachine()
    const file = { path: '/etc/hostname', content: 'theirs\n', secret: false }
    const wanted: SiteWanted = { ...full, hostname: 'keep', files: [file] }
    const { parts } = await join(wanted, machine)
    expect(parts[1]).toMatchObject({ name: 'hostname', steps: [] })
    expect(read(machine, '/etc/hostname')).toBe('theirs\n')
    const setting = join({ ...wanted, hostname: 'set' }, machine)
    await expect(setting).rejects.toThrow('dynfarm itself keeps lines')
  })

  test.each([
    '/root/.ssh/authorized_keys',
    '/etc/cloud/cloud.cfg.d/zz-dynfarm.cfg',
    '/etc/cloud/templates/hosts.debian.tmpl',
  ])('one whose site wants to write %s itself', async (path) => {
    const machine = usualMachine()
    put(machine.root, '/etc/cloud/templates/hosts.debian.tmpl', '')
    const wanted: SiteWanted = { ...full, files: [{ path, content: 'theirs', secret: false }] }
    await expect(join(wanted, machine)).rejects.toThrow('dynfarm itself keeps lines')
    if (!path.startsWith('/root')) return
    await leave(machine)
    await join({ ...wanted, admins: [] }, machine)
    expect(read(machine, path)).toBe('theirs')
  })

  test('one without sshd gets no keys, and all the rest', async () => {
    const machine = rootedMachine(null)
    put(machine.root, '/etc/hosts', '')
    const { problems } = await join({ ...full, files: [] }, machine)
    expect(problems).toMatchObject([{ code: 'sshd-missing' }])
    expect(snapshot(machine.root).join()).not.toContain('.ssh')
    expect(await leave(machine)).toEqual([])
  })

  test('one whose hosts file is a folder is told so, has its keys all the same, and leaves', async () => {
    const machine = rootedMachine()
    mkdirSync(`${machine.root}/etc/hosts`, { recursive: true })
    const before = snapshot(machine.root)
    await expect(join(full, machine)).rejects.toThrow(
      /"write \/etc\/hosts .*" failed: .* is a folder/,
    )
    expect(read(machine, '/root/.ssh/authorized_keys')).toContain(' anna #dynfarm#\n')
    expect(await leave(machine)).toEqual([])
    expect(snapshot(machine.root)).toEqual(before)
  })

  test('one with a folder among the drop-ins of cloud-init', async () => {
    const machine = usualMachine()
    mkdirSync(`${machine.root}/etc/cloud/cloud.cfg.d/99_odd.cfg`)
    await join(full, machine)
    expect(read(machine, '/etc/cloud/cloud.cfg.d/zz-dynfarm.cfg')).toContain(
      'manage_etc_hosts: false',
    )
  })

  test('one whose .ssh became a symlink after join is without our keys after leave', async () => {
    const machine = usualMachine()
    put(machine.root, '/root/.ssh/authorized_keys', `${key} theirs\n`, 0o600)
    await join(full, machine)
    renameSync(`${machine.root}/root/.ssh`, `${machine.root}/moved`)
    symlinkSync('../moved', `${machine.root}/root/.ssh`)
    expect(await leave(machine)).toEqual([])
    expect(read(machine, '/moved/authorized_keys')).toBe(`${key} theirs\n`)
  })

  test("no file of the kernel's is so much as read", async () => {
    const machine = usualMachine()
    const paths: string[] = []
    const readFile = (path: string) => {
      paths.push(path)
      return machine.readFile(path)
    }
    const files = [{ path: '/proc/kmsg', content: '', secret: false }]
    await expect(join({ ...full, files }, { ...machine, readFile })).rejects.toThrow("the kernel's")
    expect(paths).not.toContain('/proc/kmsg')
  })
})

describe('files that are no longer wanted', () => {
  const fewer: SiteWanted = { ...full, files: [], formerFiles: full.files.map(({ path }) => path) }

  test('are as before, and leave has nothing to say about them', async () => {
    const machine = usualMachine()
    const before = snapshot(machine.root)
    await join(full, machine)
    await join(fewer, machine)
    const files = snapshot(machine.root).filter((line) => /motd|munge|cms/.test(line))
    expect(files).toEqual(before.filter((line) => /motd/.test(line)))
    expect((await planFor(fewer, machine)).steps).toEqual([])
    expect(await leave(machine)).toEqual([])
    expect(snapshot(machine.root)).toEqual(before)
  })

  test('stay where another hand has changed them', async () => {
    const machine = usualMachine()
    await join(full, machine)
    put(machine.root, '/etc/motd', 'mine\n')
    await join(fewer, machine)
    expect(read(machine, '/etc/motd')).toBe('mine\n')
    expect(await leave(machine)).toEqual([expect.stringContaining('changed by another hand')])
  })

  test('stay where a folder took the place of one', async () => {
    const machine = usualMachine()
    await join(full, machine)
    execFileSync('rm', [`${machine.root}/etc/motd`])
    mkdirSync(`${machine.root}/etc/motd`)
    await join(fewer, machine)
    expect(snapshot(machine.root)).toContain('etc/motd 40755 0 0')
  })
})

describe('refused before anything but the keys is changed', () => {
  const file: FileWanted = { path: '/etc/x/y', content: 'ours', secret: false }
  const stranger = 1000

  test.each<[string, (machine: Rooted) => void, Partial<FileWanted>, RegExp]>([
    [
      'a folder',
      ({ root }) => mkdirSync(`${root}/etc/x/y`, { recursive: true }),
      {},
      /is a folder, not/,
    ],
    [
      'a pipe',
      ({ root }) => {
        mkdirSync(`${root}/etc/x`)
        execFileSync('mkfifo', [`${root}/etc/x/y`])
      },
      {},
      /is a pipe, not/,
    ],
    [
      'a file for a folder',
      ({ root }) => put(root, '/etc/x', ''),
      {},
      /needs "\/etc\/x", which is no folder/,
    ],
    [
      'a symlink to the kernel',
      ({ root }) => {
        mkdirSync(`${root}/etc/x`)
        symlinkSync('/proc/sys/kernel/core_pattern', `${root}/etc/x/y`)
      },
      {},
      /is the kernel's/,
    ],
    ['the kernel', () => undefined, { path: '/sys/power/state' }, /is the kernel's/],
    [
      'a dangling symlink',
      ({ root }) => {
        mkdirSync(`${root}/etc/x`)
        symlinkSync('nowhere', `${root}/etc/x/y`)
      },
      {},
      /does not exist/,
    ],
    [
      'a loop of symlinks',
      ({ root }) => symlinkSync('x', `${root}/etc/x`),
      {},
      /too many symlinks/,
    ],
    [
      'a symlink of somebody',
      ({ root }) => {
        symlinkSync('/etc', `${root}/etc/x`)
        lchownSync(`${root}/etc/x`, stranger, stranger)
      },
      {},
      /is a symlink of user 1000/,
    ],
    [
      'the hosts file through a symlink',
      ({ root }) => symlinkSync('.', `${root}/etc/x`),
      { path: '/etc/x/hosts' },
      /dynfarm itself keeps lines/,
    ],
    [
      'an owner whom nobody knows',
      () => undefined,
      { owner: 'no-such-user' },
      /for the user "no-such-user"/,
    ],
    [
      'a group that nobody knows',
      () => undefined,
      { owner: 'root:no-such-group' },
      /for the group "no-such-group"/,
    ],
  ])('%s', async (_, prepare, change, message) => {
    const machine = usualMachine()
    prepare(machine)
    const before = snapshot(machine.root)
    const wanted = { ...full, files: [{ ...file, ...change }] }
    await expect(join(wanted, machine)).rejects.toMatchObject({
      code: 'file-refused',
      message: expect.stringMatching(message),
    })
    expect(read(machine, '/root/.ssh/authorized_keys')).toContain(' anna #dynfarm#\n')
    await leave(machine)
    expect(snapshot(machine.root)).toEqual(before)
  })

  test('but a symlink of root leads to its file, which keeps its place', async () => {
    const machine = usualMachine()
    put(machine.root, '/etc/real', 'theirs')
    symlinkSync('real', `${machine.root}/etc/link`)
    const before = snapshot(machine.root)
    await join({ ...full, files: [{ ...file, path: '/etc/link' }] }, machine)
    expect(read(machine, '/etc/real')).toBe('ours')
    expect(await leave(machine)).toEqual([])
    expect(snapshot(machine.root)).toEqual(before)
  })
})

describe("root's home", () => {
  test('with a symlinked .ssh is left alone, and named', async () => {
    const machine = usualMachine()
    put(machine.root, '/elsewhere/authorized_keys', 'theirs\n')
    symlinkSync('../elsewhere', `${machine.root}/root/.ssh`)
    const { problems } = await join(full, machine)
    expect(problems).toMatchObject([{ code: 'ssh-keys-unusable' }])
    expect(read(machine, '/elsewhere/authorized_keys')).toBe('theirs\n')
    expect(await leave(machine)).toEqual([])
  })

  test('that others can write to is named, and repaired by nobody', async () => {
    const machine = usualMachine()
    chmodSync(`${machine.root}/root`, 0o777)
    const { problems } = await join(full, machine)
    expect(problems).toMatchObject([{ code: 'ssh-keys-unusable' }])
    expect(snapshot(machine.root)).toContain('root 40777 0 0')
    expect(snapshot(machine.root).join()).not.toContain('.ssh')
  })
})

const hostsLine = fc.constantFrom(
  '127.0.0.1 localhost aruba-1',
  '127.0.1.1\taruba-1.example.org\taruba-1\r',
  '::1 aruba-1 # here',
  '10.9.9.9 ARUBA-1 other',
  '# a comment',
  '',
  '\xff\xfe',
  'lost #dynfarm#x',
)
const textOf = (line: fc.Arbitrary<string>) =>
  fc.option(
    fc
      .tuple(fc.array(line, { maxLength: 5 }), fc.boolean())
      .map(([lines, ended]) => Buffer.from(lines.join('\n') + (ended ? '\n' : ''), 'latin1')),
    { nil: undefined },
  )
const machineState = fc.record({
  hosts: textOf(hostsLine),
  keys: textOf(fc.constantFrom(`${key} theirs`, 'command="no" ssh-rsa AA', '#', '\xff\r')),
  hostname: textOf(fc.constantFrom('old', '# of mine', 'aruba-1')),
  motd: fc.option(fc.tuple(fc.constantFrom('ours\n', 'theirs'), fc.constantFrom(0o600, 0o4755)), {
    nil: undefined,
  }),
  manage: fc.constantFrom('true', 'localhost', 'false'),
})
const wish = fc.record({
  hostname: fc.constantFrom('set' as const, 'keep' as const),
  admins: fc.constantFrom([], full.admins, [...full.admins, { name: 'bert', key }]),
  files: fc.subarray([...full.files]),
})

test('whatever is there and wanted: planned once more there is nothing to do, and leave gives it all back', async () => {
  await fc.assert(
    fc.asyncProperty(machineState, wish, wish, async (is, first, second) => {
      const machine = rootedMachine()
      const { root } = machine
      mkdirSync(`${root}/etc/cloud/cloud.cfg.d`, { recursive: true })
      put(root, '/etc/cloud/cloud.cfg', `manage_etc_hosts: ${is.manage}\n`)
      if (is.hosts !== undefined) put(root, '/etc/hosts', is.hosts)
      if (is.hostname !== undefined) put(root, '/etc/hostname', is.hostname)
      if (is.motd !== undefined) put(root, '/etc/motd', ...is.motd)
      if (is.keys !== undefined) {
        put(root, '/root/.ssh/authorized_keys', is.keys, 0o600)
        chmodSync(`${root}/root/.ssh`, 0o700)
      }
      const before = snapshot(root)
      const formerFiles = first.files.map(({ path }) => path)
      for (const wanted of [
        { ...full, ...first },
        { ...full, ...second, formerFiles },
      ]) {
        const { problems } = await join(wanted, machine)
        expect(problems).toEqual([])
        expect((await planFor(wanted, machine)).steps).toEqual([])
      }
      expect(await leave(machine)).toEqual([])
      expect(snapshot(root)).toEqual(before)
    }),
    { numRuns: 10 },
  )
})
