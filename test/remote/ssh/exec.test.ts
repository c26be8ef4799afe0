import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Edge } from '../../../src/cli.ts'
import type { Ended } from '../../fakes/edge.ts'
import { remoteExec } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { freePort, publicKey } from './support/sshd.ts'

const farm = makeFarm()
let exec: (words: readonly string[], over?: Partial<Edge>) => Promise<Ended>

beforeAll(async () => {
  const hosts = await Promise.all([1, 2, 3].map((n) => farm.start({ name: `aruba-${n}` })))
  const targets = hosts.map(({ target }) => target)
  const [first] = targets
  if (first === undefined) throw new Error('no host')
  const port = await freePort('127.0.0.1')
  exec = remoteExec(farm, [
    ...targets.map((target) => ({ target })),
    { target: { ...first, name: 'aruba-4', addresses: ['127.0.0.1'], port } },
    {
      target: {
        ...first,
        name: 'aruba-5',
        hostKeys: [publicKey(join(farm.folder, 'aruba-2', 'host'))],
      },
    },
    {
      target: { ...first, name: 'aruba-6' },
      changedHostKeys: [publicKey(join(farm.folder, 'aruba-2', 'host'))],
    },
    { target: { ...first, name: 'aruba-7' }, state: 'left' },
    { target: { ...first, name: 'openstack-1', hostKeys: [] }, labels: { rack: '7' } },
  ])
})

describe('output', () => {
  test('comes as whole lines, each with its node', async () => {
    const { code, stdout, stderr } = await exec([
      '-w',
      'aruba-[1-3]',
      'echo a; echo b; printf c; echo e >&2',
    ])
    expect(code).toBe(0)
    expect(stdout.split('\n').toSorted()).toEqual([
      '',
      ...['1: a', '1: b', '1: c', '2: a', '2: b', '2: c', '3: a', '3: b', '3: c'].map(
        (l) => `aruba-${l}`,
      ),
    ])
    expect(stderr).toContain('aruba-2: e\n')
    expect(stderr).toMatch(/3 nodes in \d+\.\d s\n {2}3 ok: aruba-\[1-3\]\n/)
  })

  test('comes without names, and of one node as it is', async () => {
    expect((await exec(['-N', '-w', 'aruba-[1-2]', 'printf x'])).stdout).toBe('x\nx\n')
    expect((await exec(['-N', '-w', 'aruba-1', 'printf "x\\r\\ny"'])).stdout).toBe('x\r\ny')
  })

  test('is shown once where it is equal, the largest group first', async () => {
    const line = `n=$(awk '{print $4}' /proc/$$/stat); case $SSH_CONNECTION in *" 127.9."*".3 "*) echo odd;; *) echo even; echo x;; esac`
    const { stdout } = await exec(['-b', '-w', 'aruba-[1-3]', line])
    const rule = '-'.repeat(15)
    expect(stdout).toBe(
      `${rule}\naruba-[1-2] (2)\n${rule}\neven\nx\n${rule}\naruba-3 (1)\n${rule}\nodd\n`,
    )
    expect((await exec(['-b', '--diff', '-w', 'aruba-[1-3]', line])).stdout).toContain(
      `${rule}\naruba-3 (1)\n${rule}\n--- aruba-[1-2]\n+++ aruba-3\n@@ -1 +1 @@\n-even\n-x\n+odd\n`,
    )
  })

  test('goes to files', async () => {
    const [out, err] = [join(farm.folder, 'out'), join(farm.folder, 'err')]
    const words = ['-w', 'aruba-[1-2]', '--outdir', out, '--errdir', err, 'echo o; echo e >&2']
    const { code, stdout } = await exec(words)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(readFileSync(join(out, 'aruba-2'), 'utf8')).toBe('o\n')
    expect(readFileSync(join(err, 'aruba-1'), 'utf8')).toBe('e\n')
  })

  test('is one record a node', async () => {
    const { stdout } = await exec([
      '--json',
      '-w',
      'aruba-1',
      'echo out; printf "\\377" >&2; exit 3',
    ])
    expect(JSON.parse(stdout)).toEqual({
      node: 'aruba-1',
      site: 'aruba',
      class: 'failed',
      exit: 3,
      signal: null,
      phase: 'exit',
      reason: null,
      started: true,
      attempts: 1,
      durations: {
        connect: expect.any(Number),
        run: expect.any(Number),
        total: expect.any(Number),
      },
      bytes: { stdout: 4, stderr: 1 },
      truncated: false,
      stdout: 'out\n',
      stderrBase64: '/w==',
    })
  })
})

describe('the end', () => {
  test('has each node in one class', async () => {
    const failedTo = join(farm.folder, 'failed')
    const words = [
      '-w',
      '@all',
      '--failed-to',
      failedTo,
      'case $SSH_CONNECTION in *.2" "*) exit 2;; esac',
    ]
    const { code, stderr } = await exec(words)
    expect(code).toBe(4)
    expect(stderr.replace(/\d+\.\d s/, 'N s').replace(/127.0.0.1 port \d+/, 'ADDRESS')).toContain(
      [
        '8 nodes in N s',
        '  2 ok: aruba-[1,3]',
        '  1 failed: aruba-2',
        '    exit 2: aruba-2',
        '  1 unreachable: aruba-4',
        '    connect: ADDRESS: nothing listens: aruba-4',
        '  3 hostkey: aruba-[5-6],openstack-1',
        '    auth: it shows another host key than the one from its join: aruba-5',
        '    connect: its host key changed at its last join; see "dynfarm node show aruba-6", then "dynfarm node accept-key aruba-6": aruba-6',
        '    connect: no host key of it is known: openstack-1',
        '  1 skipped: aruba-7',
        '    select: known to be dead (left): aruba-7',
      ].join('\n'),
    )
    expect(readFileSync(failedTo, 'utf8')).toBe('aruba-[2,4-7],openstack-1\n')
    const again = await exec(['-w', `^${failedTo}`, '-x', 'aruba-[4-7],@rack=7', 'true'])
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('1 ok: aruba-2') })
  })

  test.each([
    [['-w', 'aruba-1', 'true'], 0],
    [['-w', 'aruba-1', 'exit 9'], 3],
    [['-S', '-w', 'aruba-[1-2]', 'exit 9'], 9],
    [['-S', '-w', 'aruba-[1,4]', 'exit 9'], 255],
    [['-w', 'aruba-[1,7]', 'true'], 4],
    [['-w', '@aruba:ready!aruba-[4-6]', 'true'], 0],
    [['-w', 'aruba-7', '--all', 'true'], 0],
    [['-w', 'aruba-[1,4]', 'exit 9'], 4],
    [['-w', 'aruba-1', '-u', '1', 'sleep 60.5'], 4],
    [['-w', 'aruba-9', 'true'], 64],
    [['-w', '@arbua', 'true'], 64],
    [['-w', '@aruba:reddy', 'true'], 64],
    [['-w', '@rack=8', 'true'], 64],
    [['-w', 'aruba-1!aruba-1', 'true'], 64],
    [['-w', 'aruba-1', '-x', 'aruba-77', 'true'], 64],
    [['true'], 64],
  ] as const)('of %j is %i', async (words, code) => {
    expect((await exec(words)).code).toBe(code)
  })

  test('at the first failure begins nothing more', async () => {
    const { code, stdout } = await exec(['--json', '-k', '-f', '1', '-w', 'aruba-[1-3]', 'exit 1'])
    const classes = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).class)
    expect({ code, classes }).toEqual({ code: 3, classes: ['failed', 'skipped', 'skipped'] })
  })
})

test('standard input goes to all, also to those that begin later', async () => {
  const text = 'x'.repeat(200_000)
  const stdin = Readable.from([Buffer.from(text), Buffer.from('end')])
  const { stdout } = await exec(['-b', '-f', '1', '-w', 'aruba-[1-3]', 'wc -c'], { stdin })
  expect(stdout).toContain('aruba-[1-3] (3)\n---------------\n200003\n')
  const unread = await exec(['-n', '-N', '-w', 'aruba-1', 'wc -c'], {
    stdin: Readable.from(['abc']),
  })
  expect(unread.stdout).toBe('0\n')
})

test('a dry run does nothing and says what', async () => {
  const { code, stdout } = await exec(['--dry-run', '-w', '@aruba', 'rm', '-rf', 'a b'])
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout:
      'would run on 6 nodes: aruba-[1-6]\nwould leave out 1, known to be dead: aruba-7\n  "rm"\n  "-rf"\n  "a b"\n',
  })
})

test('assignments may be given again and again', async () => {
  const words = ['-N', '-w', 'aruba-1', '--env', 'A=1', '--env', 'B=2 3', 'echo $A-$B']
  expect((await exec(words)).stdout).toBe('1-2 3\n')
})
