import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Edge } from '../../../src/cli.ts'
import type { Ended } from '../../fakes/edge.ts'
import { freePort } from '../../fakes/port.ts'
import { KeptStream } from '../../fakes/stream.ts'
import { startAgent } from './support/agent.ts'
import { remoteExec } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { nap, processes, until } from './support/processes.ts'
import { publicKey } from './support/sshd.ts'

const farm = makeFarm()
let exec: (words: readonly string[], over?: Partial<Edge>) => Promise<Ended>

beforeAll(async () => {
  const hosts = await Promise.all([1, 2, 3].map((n) => farm.start({ name: `aruba-${n}` })))
  const targets = hosts.map(({ target }) => target)
  const [first] = targets
  if (first === undefined) throw new Error('no host')
  const port = await freePort()
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
    const same = ['--outdir', out, '--errdir', `${err}/../out`, 'echo o; sleep 0.1; echo e >&2']
    expect(await exec(['-w', 'aruba-1', ...same])).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(join(out, 'aruba-1'), 'utf8')).toBe('o\ne\n')
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
    [['-w', 'aruba-1', '-u', '1', nap(60)], 4],
    [['-w', 'aruba-9', 'true'], 64],
    [['-w', '@arbua', 'true'], 64],
    [['-w', '@aruba:reddy', 'true'], 64],
    [['-w', '@rack=8', 'true'], 64],
    [['-w', 'aruba-1!aruba-1', 'true'], 64],
    [['-w', 'aruba-1', '-x', 'aruba-77', 'true'], 64],
    [['-w', 'aruba-1', '-w', 'aruba-4', 'true'], 4],
    [['-w', '@all', '-x', 'aruba-[4-7]', '-x', 'openstack-1', 'true'], 0],
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

test('standard input that cannot be read ends the run with an error', async () => {
  const stdin = new Readable({
    read() {
      this.destroy(Object.assign(new Error('bad disk'), { code: 'EIO' }))
    },
  })
  const { code, stderr } = await exec(['-w', 'aruba-[1-2]', `cat; ${nap(76)}`], { stdin })
  expect({ code, stderr }).toMatchObject({ code: 71 })
  expect(stderr).toMatch(/[12] killed: aruba-/)
  expect(stderr).toContain('standard input cannot be read: EIO')
  expect(processes(nap(76))).toEqual([])
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

test('^C shows how far it is, a second one ends all that runs and prints what there is', async () => {
  let press: (signal: NodeJS.Signals) => void = () => undefined
  const done = exec(['-b', '-f', '2', '-w', 'aruba-[1-3]', `echo so far; ${nap(70)}`], {
    onInterrupt: (listener) => {
      press = listener
    },
  })
  await until(() => processes(nap(70)).length === 2)
  press('SIGINT')
  press('SIGINT')
  const { code, stdout, stderr } = await done
  expect({ code, stdout }).toEqual({
    code: 130,
    stdout: '---------------\naruba-[1-2] (2)\n---------------\nso far\n',
  })
  expect(stderr).toContain(
    '0 done, 2 running, 1 waiting\n  running: aruba-[1-2]\n  waiting: aruba-3\n',
  )
  expect(stderr).toMatch(
    /2 killed: aruba-\[1-2\]\n {4}\d processes ended: aruba-\[1-2\]\n {2}1 skipped: aruba-3/,
  )
  expect(processes(nap(70))).toEqual([])
})

test('what a host prints has no power over a terminal', async () => {
  const stdout = new KeptStream({ isTTY: true })
  await exec(['--no-color', '-w', 'aruba-1', "printf '\\033]0;evil\\007\\033[2Jx\\n'"], { stdout })
  expect(stdout.text).toBe('aruba-1: \ufffd]0;evil\ufffd\ufffd[2Jx\n')
  const bare = new KeptStream({ isTTY: true })
  await exec(['-N', '-w', 'aruba-1', "printf '\\033[2J'"], { stdout: bare })
  expect(bare.text).toBe('\ufffd[2J\n')
})

test('a person at a terminal sees how many nodes are done, whatever is shown of them', async () => {
  const stderr = new KeptStream({ isTTY: true })
  const line = 'sleep 0.3; echo x'
  const { stdout } = await exec(['-w', 'aruba-[1-2]', line], { stderr })
  expect(stdout.split('\n').sort()).toEqual(['', 'aruba-1: x', 'aruba-2: x'])
  expect(stderr.text).toMatch(/\r[12] of 2 done, \d+\.\d a second\u001b\[K/)
  expect((await exec(['-w', 'aruba-[1-2]', line])).stderr).not.toContain('of 2 done')
})

test('a run of the same name does not overlap', async () => {
  const go = join(farm.folder, 'go')
  const line = `: >${go}.begun; until [ -e ${go} ]; do sleep 0.1; done`
  const first = exec(['--lock', 'nightly', '-w', 'aruba-1', line])
  await until(() => existsSync(`${go}.begun`))
  const { code, stderr } = await exec(['--lock', 'nightly', '-w', 'aruba-1', 'true'])
  expect({ code, stderr }).toEqual({ code: 75, stderr: expect.stringContaining('is at work on') })
  writeFileSync(go, '')
  expect((await first).code).toBe(0)
})

test('what cannot be written stops it before anything runs, or as soon as it shows', async () => {
  expect(await exec(['--failed-to', '/nowhere/x', '-w', 'aruba-1', 'true'])).toMatchObject({
    code: 71,
    stderr: expect.stringContaining('"/nowhere/x" cannot be written: ENOENT'),
  })
  const device = join(farm.folder, 'device')
  execFileSync('mknod', [device, 'c', '1', '3'])
  expect(await exec(['--failed-to', device, '-w', 'aruba-1', 'echo ran'])).toMatchObject({
    ...{ code: 71, stdout: '' },
    stderr: expect.stringContaining(`"${device}" is there and no plain file`),
  })
  expect(statSync(device).isCharacterDevice()).toBe(true)
  const list = join(farm.folder, 'list')
  writeFileSync(list, 'old')
  symlinkSync(list, join(farm.folder, 'to list'))
  await exec(['--failed-to', join(farm.folder, 'to list'), '-w', 'aruba-1', 'exit 1'])
  expect(readFileSync(list, 'utf8')).toBe('aruba-1\n')
  const trap = join(farm.folder, 'trap')
  mkdirSync(trap)
  const own = join(farm.folder, 'own')
  writeFileSync(own, 'mine')
  symlinkSync(own, join(trap, 'aruba-1'))
  execFileSync('mkfifo', [join(trap, 'aruba-2')])
  expect(await exec(['--outdir', trap, '-w', 'aruba-2', 'echo x'])).toMatchObject({
    code: 71,
    stderr: expect.stringContaining('cannot be written: ENXIO'),
  })
  expect(await exec(['--outdir', trap, '-w', 'aruba-1', 'echo x'])).toMatchObject({
    code: 71,
    stderr: expect.stringContaining('cannot be written: ELOOP'),
  })
  expect(readFileSync(own, 'utf8')).toBe('mine')
})

test('the key is a file of the administrator or one of an agent', async () => {
  expect((await exec(['-i', '/nowhere', '-w', 'aruba-1', 'true'])).code).toBe(77)
  expect((await exec(['-i', `${farm.identity.path}.pub`, '-w', 'aruba-1', 'true'])).code).toBe(77)
  expect((await exec(['-i', 'agent:x', '-w', 'aruba-1', 'true'])).stderr).toContain('SSH_AUTH_SOCK')
  const agent = startAgent(farm.folder, ['aruba-1/host', 'aruba-2/host', 'identity'])
  const env = { SSH_AUTH_SOCK: agent.socket }
  expect((await exec(['-i', 'agent:identity', '-w', 'aruba-1', 'true'], { env })).code).toBe(0)
  expect((await exec(['-i', 'agent:host', '-w', 'aruba-1', 'true'], { env })).stderr).toContain(
    'the agent has 2 keys "host"',
  )
  agent.stop()
})

test('a dry run does nothing and says what', async () => {
  const { code, stdout } = await exec([
    '--dry-run',
    '-w',
    '@aruba',
    '--cwd',
    '/',
    'echo',
    '-n',
    'a b',
  ])
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout:
      'would run as root in "/" on 6 nodes: aruba-[1-6]\nwould leave out 1, known to be dead: aruba-7\n  "echo"\n  "-n"\n  "a b"\n',
  })
  const record = await exec(['--dry-run', '--json', '-w', 'aruba-[1,7]', '--as', 'daemon', 'id'])
  expect(JSON.parse(record.stdout)).toEqual({
    ...{ nodes: 'aruba-1', dead: 'aruba-7', login: 'daemon by root' },
    command: { words: ['id'], env: [], sudo: false, as: 'daemon' },
  })
})

test('assignments may be given again and again', async () => {
  const words = ['-N', '-w', 'aruba-1', '--env', 'A=1', '--env', 'B=2 3', 'echo $A-$B']
  expect((await exec(words)).stdout).toBe('1-2 3\n')
})
