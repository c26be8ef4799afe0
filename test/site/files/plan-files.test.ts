import { describe, expect, test } from 'vitest'
import { DynfarmError } from '../../../src/errors.ts'
import { renderPlan } from '../../../src/plan/render.ts'
import type {
  FormerFile,
  ObservedFiles,
  ObservedTarget,
} from '../../../src/site/files/observed-files.ts'
import { planFiles } from '../../../src/site/files/plan-files.ts'
import type { FileWanted } from '../../../src/site/wanted.ts'
import { fileOf } from '../support/text.ts'

const motd: FileWanted = { path: '/etc/motd', content: 'hello\n', secret: false }

function observed(change: Partial<ObservedFiles> = {}): ObservedFiles {
  return {
    files: new Map<string, ObservedTarget>([['/etc/motd', { real: '/etc/motd', file: undefined }]]),
    ancestors: new Map([['/etc', 'folder']]),
    ids: { users: new Map([['munge', 101]]), groups: new Map([['munge', 105]]) },
    former: new Map(),
    ...change,
  }
}

function at(path: string, target: ObservedTarget): Partial<ObservedFiles> {
  return { files: new Map([[path, target]]) }
}

function plan(files: FileWanted[], is = observed(), kept: string[] = []): string {
  return renderPlan(planFiles({ files, kept }, is))
}

describe('a file of the site', () => {
  const is = (text: string, change = {}) =>
    observed(at('/etc/motd', { real: '/etc/motd', file: { ...fileOf(text), ...change } }))
  const owned: FileWanted = { ...motd, owner: 'munge:munge', mode: 0o400 }

  test.each<[string, FileWanted, ObservedFiles, string]>([
    ['new', motd, observed(), 'write /etc/motd (6 bytes)'],
    ['as it is', motd, is('hello\n'), ''],
    ['as it is, with a mode of its own', motd, is('hello\n', { mode: 0o600, uid: 7 }), ''],
    ['of other content', motd, is('hello'), 'write /etc/motd (6 bytes)'],
    ['of another mode', { ...motd, mode: 0o600 }, is('hello\n'), 'write /etc/motd (0600, 6 bytes)'],
    ['with its owner', owned, is('hello\n', { mode: 0o400, uid: 101, gid: 105 }), ''],
    [
      'of another user',
      owned,
      is('hello\n', { mode: 0o400, gid: 105 }),
      'write /etc/motd (0400, munge:munge, 6 bytes)',
    ],
    [
      'of another group',
      owned,
      is('hello\n', { mode: 0o400, uid: 101 }),
      'write /etc/motd (0400, munge:munge, 6 bytes)',
    ],
    ['with an owner by number', { ...motd, owner: '7' }, is('hello\n', { uid: 7, gid: 9 }), ''],
    [
      'with another owner by number',
      { ...motd, owner: '7:8' },
      is('hello\n', { uid: 7, gid: 9 }),
      'write /etc/motd (7:8, 6 bytes)',
    ],
    [
      'secret and new',
      { ...motd, secret: true },
      observed(),
      'write /etc/motd (0600, <redacted 6 bytes>)',
    ],
    [
      'secret, with a mode',
      { ...motd, secret: true, mode: 0o440 },
      observed(),
      'write /etc/motd (0440, <redacted 6 bytes>)',
    ],
    [
      'secret, where a file is',
      { ...motd, secret: true },
      is('old'),
      'write /etc/motd (<redacted 6 bytes>)',
    ],
    [
      'of bytes',
      { ...motd, content: Uint8Array.of(0, 255) },
      is('old'),
      'write /etc/motd (2 bytes)',
    ],
    ['of the same bytes', { ...motd, content: Uint8Array.of(0, 255) }, is('\0\xff'), ''],
  ])('%s', (_, file, found, text) => {
    expect(plan([file], found)).toBe(text && `${text}  # a file of the site`)
  })

  test('its folders are made once, outermost first', () => {
    const files = ['/opt/a/b/x', '/opt/a/c/y'].map((path) => ({ ...motd, path }))
    const found = observed({
      ancestors: new Map([['/opt', 'folder']]),
      files: new Map(files.map(({ path }) => [path, { real: path, file: undefined }])),
    })
    expect(plan(files, found).replaceAll(/ {2}#.*/g, '')).toBe(
      [
        ...['/opt/a', '/opt/a/b', '/opt/a/c'].map((folder) => `mkdir -Z -m 0755 -- ${folder}`),
        'write /opt/a/b/x (6 bytes)',
        'write /opt/a/c/y (6 bytes)',
      ].join('\n'),
    )
    const [first] = planFiles({ files, kept: [] }, found)
    expect(first).toMatchObject({
      undo: [{ argv: ['rmdir', '--ignore-fail-on-non-empty', '--', '/opt/a'] }],
    })
  })
})

describe('a file no longer wanted', () => {
  const ours = fileOf('ours\n')
  const theirs = fileOf('theirs\n', 0o640)

  test.each<[string, FormerFile, string]>([
    [
      'comes back',
      { before: theirs, now: ours, untouched: true },
      'write /etc/x (0640, 0:0, 7 bytes)',
    ],
    ['goes', { before: undefined, now: ours, untouched: true }, 'remove /etc/x'],
    ['stays, changed by another', { before: theirs, now: fileOf('x'), untouched: false }, ''],
    ['is back already', { before: theirs, now: theirs, untouched: true }, ''],
    ['is gone already', { before: undefined, now: undefined, untouched: true }, ''],
    [
      'had another mode',
      { before: { ...ours, mode: 0o600 }, now: ours, untouched: true },
      'write /etc/x (0600, 0:0, 5 bytes)',
    ],
    [
      'had another owner',
      { before: { ...ours, uid: 7, gid: 8 }, now: ours, untouched: true },
      'write /etc/x (0644, 7:8, 5 bytes)',
    ],
  ])('%s', (_, file, text) => {
    const found = observed({ former: new Map([['/etc/x', file]]) })
    expect(plan([], found)).toBe(text && `${text}  # no longer wanted`)
  })
})

describe('refused before the first change', () => {
  const file = (path: string): FileWanted => ({ ...motd, path })

  test.each<[string, FileWanted[], Partial<ObservedFiles>, string]>([
    [
      'an unknown user',
      [{ ...motd, owner: 'nobody-here:munge' }],
      {},
      '"/etc/motd" is for the user "nobody-here", whom this machine does not have',
    ],
    [
      'an unknown group',
      [{ ...motd, owner: 'munge:none' }],
      {},
      '"/etc/motd" is for the group "none", which this machine does not have',
    ],
    ['a folder', [motd], at('/etc/motd', { refused: 'is a folder' }), '"/etc/motd" is a folder'],
    [
      'a way into the kernel',
      [motd],
      at('/etc/motd', { real: '/proc/sys/kernel/core_pattern', file: undefined }),
      '"/etc/motd" is the kernel\'s, which is not written',
    ],
    [
      'a file on the way',
      [motd],
      { ancestors: new Map([['/etc', 'other']]) },
      '"/etc/motd" needs "/etc", which is no folder',
    ],
    [
      'the hosts file by another name',
      [motd],
      at('/etc/motd', { real: '/etc/hosts', file: undefined }),
      '"/etc/motd" is a file in which dynfarm itself keeps lines',
    ],
    [
      'two names of one file',
      [motd, file('/lib/motd')],
      {
        files: new Map([
          ['/etc/motd', { real: '/usr/motd', file: undefined }],
          ['/lib/motd', { real: '/usr/motd', file: undefined }],
        ]),
      },
      '"/lib/motd" is the same file as "/etc/motd"',
    ],
    [
      'a file that is a folder too',
      [motd, file('/etc/motd/x')],
      {
        files: new Map(
          ['/etc/motd', '/etc/motd/x'].map((path) => [path, { real: path, file: undefined }]),
        ),
      },
      '"/etc/motd" is wanted as a folder by other files',
    ],
  ])('%s', (_, files, is, message) => {
    const planning = () => planFiles({ files, kept: ['/etc/hosts'] }, observed(is))
    const details = { files: [message] }
    expect(planning).toThrow(new DynfarmError('file-refused', message, { details }))
  })

  test('the hosts file by its name', () => {
    const is = observed(at('/etc/hosts', { real: '/etc/hosts', file: undefined }))
    expect(() => plan([file('/etc/hosts')], is, ['/etc/hosts'])).toThrow(
      'dynfarm itself keeps lines',
    )
  })

  test('all of them at once', () => {
    const files = [
      { ...motd, owner: 'a' },
      { ...file('/etc/issue'), owner: 'b' },
    ]
    const is = observed({
      files: new Map(files.map(({ path }) => [path, { real: path, file: undefined }])),
    })
    expect(() => plan(files, is)).toThrow(
      '"/etc/motd" is for the user "a", whom this machine does not have; "/etc/issue" is for the user "b"',
    )
  })
})
