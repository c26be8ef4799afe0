import { describe, expect, test } from 'vitest'
import { renderPlan } from '../../../src/plan/render.ts'
import type { ObservedFile, ObservedPath } from '../../../src/site/observed.ts'
import { chooseKeyFile, keyFiles } from '../../../src/site/ssh/key-files.ts'
import type { KeysWanted, ObservedSsh } from '../../../src/site/ssh/keys.ts'
import { planKeys } from '../../../src/site/ssh/plan-keys.ts'
import { parseSshdConfig } from '../../../src/site/ssh/sshd-config.ts'
import { fileOf, written } from '../support/text.ts'

const wanted: KeysWanted = {
  admins: [
    { name: 'anna', key: 'ssh-ed25519 AAAAC3Nza anna@laptop of mine' },
    { name: 'bert', key: 'ssh-rsa AAAAB3Nza==' },
  ],
  hubs: ['10.200.0.1', 'fd5a::1'],
  addresses: ['10.200.1.1', 'fd5a::1:1'],
}

const config =
  'permitrootlogin yes\nauthorizedkeysfile .ssh/authorized_keys .ssh/authorized_keys2\n'
const FILE = '/root/.ssh/authorized_keys'
const block = `# begin: lines of dynfarm #dynfarm#
from="10.200.0.1,fd5a::1",restrict,pty ssh-ed25519 AAAAC3Nza anna #dynfarm#
from="10.200.0.1,fd5a::1",restrict,pty ssh-rsa AAAAB3Nza== bert #dynfarm#
# end #dynfarm#
`

const home: [string, ObservedPath] = ['/root/.', { kind: 'folder', mode: 0o700, uid: 0 }]
const folder: [string, ObservedPath] = ['/root/.ssh', { kind: 'folder', mode: 0o700, uid: 0 }]
const file: [string, ObservedPath] = [FILE, { kind: 'file', mode: 0o600, uid: 0 }]

interface Case {
  config?: string
  paths?: [string, ObservedPath][]
  files?: [string, ObservedFile][]
}

function observed(is: Case): ObservedSsh {
  const parsed = parseSshdConfig(is.config ?? config)
  return {
    home: '/root',
    groups: ['root'],
    answers: wanted.hubs.map((hub) => ({ hub, config: parsed })),
    candidates: [FILE],
    paths: new Map(is.paths ?? [home, folder, file]),
    files: new Map(is.files ?? []),
  }
}

const withText = (text: string): Case => ({ files: [[FILE, fileOf(text, 0o600)]] })

describe("root's keys", () => {
  test('into an empty home', () => {
    const { steps, problems } = planKeys(wanted, observed({ paths: [home] }))
    expect(problems).toEqual([])
    expect(renderPlan(steps)).toBe(
      "mkdir -Z -m 0700 -- /root/.ssh  # administrators' keys\nwrite /root/.ssh/authorized_keys (0600, 242 bytes)  # administrators' keys",
    )
    const text = written(steps) ?? ''
    expect(text).toBe(
      block.replace('dynfarm #', 'dynfarm, in a file and folder that dynfarm made #'),
    )
    expect(planKeys(wanted, observed(withText(text))).steps).toEqual([])
    expect(renderPlan(planKeys(undefined, observed(withText(text))).steps)).toBe(
      "remove /root/.ssh/authorized_keys  # administrators' keys\nrmdir --ignore-fail-on-non-empty -- /root/.ssh  # administrators' keys",
    )
    const added = planKeys(undefined, observed(withText(`${text}ssh-rsa AA mine\n`)))
    expect(written(added.steps)).toBe('ssh-rsa AA mine\n')
    expect(added.steps).toHaveLength(1)
  })

  test('go from behind a symlink that came later, which stays', () => {
    const made = '# begin: lines of dynfarm, in a file that dynfarm made #dynfarm#\n'
    const symlink = { kind: 'symlink', mode: 0o777, uid: 0 } as const
    const is = { ...withText(`${made}# end #dynfarm#\n`), paths: [home, folder, [FILE, symlink]] }
    expect(planKeys(undefined, observed(is as Case)).steps).toMatchObject([
      { path: FILE, content: '' },
    ])
  })

  test('into a folder that is there', () => {
    const { steps } = planKeys(wanted, observed({ paths: [home, folder] }))
    const text = written(steps) ?? ''
    expect(text).toContain('in a file that dynfarm made')
    expect(renderPlan(planKeys(undefined, observed(withText(text))).steps)).toBe(
      "remove /root/.ssh/authorized_keys  # administrators' keys",
    )
  })

  test("before others' lines, which stay, also one that sends root elsewhere", () => {
    const theirs = 'command="echo no" ssh-ed25519 AAAAC3Nza anna\n# mine\r\n\xff'
    const { steps } = planKeys(wanted, observed(withText(theirs)))
    expect(written(steps)).toBe(block + theirs)
    expect(steps).toEqual([expect.not.objectContaining({ mode: expect.anything() })])
    expect(written(planKeys(undefined, observed(withText(block + theirs))).steps)).toBe(theirs)
  })

  test('an administrator who is no more goes, and the last one with the block', () => {
    const one = { ...wanted, admins: wanted.admins.slice(0, 1) }
    const now = withText(`${block}theirs\n`)
    expect(written(planKeys(one, observed(now)).steps)).toBe(
      `${block.replace(/.*bert.*\n/, '')}theirs\n`,
    )
    expect(written(planKeys({ ...wanted, admins: [] }, observed(now)).steps)).toBe('theirs\n')
    expect(written(planKeys({ ...wanted, hubs: [] }, observed(now)).steps)).toBe('theirs\n')
  })

  test('the block leaves a file that sshd does not ask any more', () => {
    const other = '/root/.ssh/authorized_keys2'
    const is = observed({
      config: 'authorizedkeysfile .ssh/authorized_keys2',
      files: [[FILE, fileOf(`${block}theirs\n`)]],
    })
    const { steps } = planKeys(wanted, is)
    expect(steps.map((step) => 'path' in step && step.path)).toEqual([other, FILE])
    expect(written(steps.slice(1))).toBe('theirs\n')
  })

  test.each(['', 'AAAA', 'ssh-rsa', 'ssh-rsa AA\nroot', 'command="x" ssh-rsa AA', 'ssh-rsa AA"'])(
    'what is no key, %j, gets no line',
    (key) => {
      const { steps, problems } = planKeys(
        { ...wanted, admins: [{ name: 'eve', key }] },
        observed({}),
      )
      const text = written(steps) ?? ''
      if (key.includes('\n')) expect(text).toMatch(/pty ssh-rsa AA eve #dynfarm#\n# end/)
      else {
        expect(steps).toEqual([])
        expect(problems).toEqual([
          { code: 'ssh-key-refused', message: 'what "eve" has is no OpenSSH public key' },
        ])
      }
    },
  )
})

describe('a place that sshd does not trust, or dynfarm does not touch', () => {
  const symlink = { kind: 'symlink', mode: 0o777, uid: 0 } as const
  test.each<[string, [string, ObservedPath][], string]>([
    ['a symlinked folder', [home, ['/root/.ssh', symlink]], 'is a symlink, which is left alone'],
    ['a symlinked file', [home, folder, [FILE, symlink]], 'is a symlink, which is left alone'],
    ['a folder of others', [home, ['/root/.ssh', { ...folder[1], uid: 7 }]], 'belongs to user 7'],
    ['a file of others', [home, folder, [FILE, { ...file[1], uid: 7 }]], 'belongs to user 7'],
    [
      'an open home',
      [['/root/.', { ...home[1], mode: 0o770 }], folder],
      'can be written by others',
    ],
    ['an open folder', [home, ['/root/.ssh', { ...folder[1], mode: 0o702 }]], 'can be written'],
    ['an open file', [home, folder, [FILE, { ...file[1], mode: 0o620 }]], 'can be written'],
    ['a folder for a file', [home, folder, [FILE, folder[1]]], 'is no file'],
    ['a file for a folder', [home, ['/root/.ssh', file[1]]], 'is no folder'],
  ])('%s', (_, paths, message) => {
    const { steps, problems } = planKeys(wanted, observed({ paths }))
    expect(steps).toEqual([])
    expect(problems).toEqual([
      { code: 'ssh-keys-unusable', message: expect.stringContaining(message) },
    ])
  })

  test('what can be read by all is good', () => {
    const paths: [string, ObservedPath][] = [home, ['/root/.ssh', { ...folder[1], mode: 0o755 }]]
    expect(planKeys(wanted, observed({ paths })).problems).toEqual([])
  })
})

describe('sshd', () => {
  test('is missing: nothing is written', () => {
    const plan = planKeys(wanted, { ...observed({}), answers: undefined })
    expect(plan.steps).toEqual([])
    expect(plan.problems).toMatchObject([{ code: 'sshd-missing' }])
  })

  test('is not judged where no administrator is to come', () => {
    const plan = planKeys({ ...wanted, admins: [] }, { ...observed({}), answers: undefined })
    expect(plan).toEqual({ steps: [], problems: [] })
  })

  test('is judged for each hub by the address of its family', () => {
    const plan = planKeys(wanted, observed({ config: `listenaddress 0.0.0.0:22\n${config}` }))
    expect(plan.problems).toEqual([
      {
        code: 'ssh-not-listening',
        message: 'sshd does not listen on "fd5a::1:1": add it to ListenAddress',
      },
    ])
  })

  test('does not tell: the keys go where they go by default', () => {
    const failure = 'Missing privilege\x1b[2J separation directory: /run/sshd\n'
    const answers = wanted.hubs.map((hub) => ({ hub, failure }))
    const plan = planKeys(wanted, { ...observed({}), answers })
    expect(plan.steps).toMatchObject([{ path: FILE }])
    expect(plan.problems).toEqual([
      {
        code: 'sshd-unreadable',
        message:
          '"sshd -T" does not tell what sshd would do: Missing privilege\\x1b[2J separation directory: /run/sshd',
      },
    ])
  })

  test('refuses root: the keys are there for when it does not, and the problem is told for each hub', () => {
    const plan = planKeys(wanted, observed({ config: `permitrootlogin no\n${config}` }))
    expect(plan.steps).toHaveLength(1)
    expect(plan.problems.map(({ code }) => code)).toEqual(['ssh-root-refused', 'ssh-root-refused'])
  })

  test.each(['none', '/etc/ssh/keys/%u', '../keys', '%h/../x', '/rootkit/keys'])(
    'looks nowhere under the home of root: %s',
    (where) => {
      const plan = planKeys(wanted, observed({ config: `authorizedkeysfile ${where}` }))
      expect(plan.steps).toEqual([])
      expect(plan.problems).toMatchObject([{ code: 'ssh-keys-nowhere' }])
    },
  )
})

test.each<[string, string[]]>([
  ['.ssh/a .ssh/b', ['/root/.ssh/a', '/root/.ssh/b']],
  ['/etc/keys/%u %h/.keys/%u-%U-%%', ['/root/.keys/root-0-%']],
  ['/root/../etc/x .ssh/../k', ['/root/k']],
  ['none', []],
])('AuthorizedKeysFile %s', (value, files) => {
  expect(keyFiles(parseSshdConfig(`authorizedkeysfile ${value}`), '/root')).toEqual(files)
})

test('the file is one that every hub may use', () => {
  const configs = ['.ssh/a .ssh/b', '.ssh/b'].map((value) =>
    parseSshdConfig(`authorizedkeysfile ${value}`),
  )
  expect(chooseKeyFile(configs, '/root')).toBe('/root/.ssh/b')
})
