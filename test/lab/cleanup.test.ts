import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLab, sweep } from './lib/lab.ts'
import { isAlive, markOf } from './lib/process-mark.ts'
import type { HostSpec } from './lib/topology.ts'
import { processesOf, tracesOf } from './lib/traces.ts'

/** A folder that nothing else on this machine knows: every process of these labs carries its name. */
let base: string

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'dynfarm-lab-test-'))
  process.env['DYNFARM_LAB_DIR'] = join(base, 'labs')
})

afterAll(() => {
  delete process.env['DYNFARM_LAB_DIR']
  rmSync(base, { recursive: true, force: true })
})

const scripts = new URL('../../scripts', import.meta.url).pathname

function lab(...args: string[]) {
  return execa(join(scripts, 'lab'), args, { reject: false })
}

function nothingIsLeft(): void {
  expect(processesOf(base)).toEqual([])
  expect(existsSync(join(base, 'labs'))).toBe(false)
}

describe('scripts/lab', () => {
  test('brings hosts up, runs commands on them, takes them down', async () => {
    expect(await lab('up', 'small')).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await lab('hosts')).stdout).toContain('ce         192.0.2.22 2001:db8:c::22\n')
    expect(await lab('up')).toMatchObject({ exitCode: 75 })

    expect(await lab('exec', 'ce', 'printf', '<%s>', 'a b', '--', '-x', '')).toMatchObject({
      stdout: '<a b><--><-x><>',
    })
    const cat = execa(join(scripts, 'lab'), ['exec', 'ce', 'cat'], { input: 'given' })
    expect((await cat).stdout).toBe('given')
    expect((await lab('exec', 'ce', 'sh', '-c', 'exit 37')).exitCode).toBe(37)
    expect((await lab('exec', 'ce', 'sh', '-c', 'kill -SEGV $$')).signal).toBe('SIGSEGV')
    expect((await lab('exec', '--ordinary', 'ce', 'id', '-un')).stdout).toBe('alice')
    expect((await lab('exec', 'nowhere', 'true')).exitCode).toBe(64)

    await lab('exec', 'ce', 'touch', '/etc/kept', '/run/lost')
    expect((await lab('reboot', 'ce')).exitCode).toBe(0)
    expect((await lab('exec', 'ce', 'ls', '/etc/kept', '/run/lost')).stdout).toBe('/etc/kept')

    expect((await lab('down')).exitCode).toBe(0)
    expect((await lab('exec', 'ce', 'true')).exitCode).toBe(71)
    expect((await lab('down')).exitCode).toBe(0)
    nothingIsLeft()
  })

  test.each([
    [['up', 'nowhere']],
    [['up', '--machines', '501']],
    [['up', '--machines', 'many']],
    [['--lab', '../x', 'up']],
    [['exec', 'ce']],
    [['fly']],
  ])('refuses %j', async (args) => {
    expect(await lab(...args)).toMatchObject({ exitCode: 64, stdout: '' })
    nothingIsLeft()
  })

  test.each([0.15, 0.3, 0.6])('interrupted after %f s, takes down what was up', async (seconds) => {
    const up = lab('up', '--machines', '60')
    await pause(seconds)
    up.kill('SIGINT')
    const { exitCode, signal } = await up
    expect(exitCode === 130 || signal === 'SIGINT').toBe(true)
    nothingIsLeft()
  })

  test.each([0.15, 0.3, 0.6])('killed after %f s, is swept up by "down"', async (seconds) => {
    const up = lab('up', '--machines', '60')
    await pause(seconds)
    up.kill('SIGKILL')
    await up
    expect((await lab('down')).exitCode).toBe(0)
    nothingIsLeft()
  })
})

test('a runner killed by -9 takes its hosts along; the next one sweeps its folder', async () => {
  const fixture = new URL('fixtures/hold-lab.ts', import.meta.url).pathname
  const runner = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit'] })
  const told = await new Promise<Buffer>((data) => runner.stdout.once('data', data))
  const { folder, namespaces } = JSON.parse(told.toString())
  const held = { folder, namespaces: new Set<string>(namespaces) }
  expect(tracesOf(held).length).toBeGreaterThan(10)

  runner.kill('SIGKILL')
  await expect.poll(() => tracesOf(held)).toEqual([folder])
  await sweep()
  expect(tracesOf(held)).toEqual([])
  nothingIsLeft()
})

test('a lab that cannot come up says why and leaves nothing', async () => {
  const host = (name: string, address: string): HostSpec => ({
    name,
    domain: 'example.org',
    ports: [{ device: 'eth0', segment: 'wire', addresses: [address] }],
  })
  const hosts = [host('good', '10.0.0.1/8'), host('bad', '10.0.0.300/8')]
  const broken = { segments: [{ name: 'wire' }], hosts }
  await expect(startLab({ scenario: broken })).rejects.toThrow(/"bad" is not up: .*10\.0\.0\.300/s)
  nothingIsLeft()
})

describe('a sweep', () => {
  test('ends the process that a dead runner recorded', async () => {
    expect(await sweepOver((stat) => stat)).toBe('ended')
  })

  test('lets another process with the same number be', async () => {
    const otherStart = (stat: string) => stat.replace(/^((?:\S+ ){22})\d+/, '$11')
    expect(await sweepOver(otherStart)).toBe('lives')
  })

  test('leaves a lab that does not end for later', async () => {
    const shell = spawn('unshare', ['--pid', '--fork', 'sleep', '60'], { stdio: 'ignore', env: {} })
    const first = await childOf(shell.pid)
    const within = spawn('nsenter', ['-t', first, '-p', 'sleep', '60'], {
      stdio: 'ignore',
      env: {},
    })
    await childOf(within.pid)
    // Nobody takes note of the end of its child, for which the whole namespace waits.
    within.kill('SIGSTOP')
    await expect.poll(() => readFileSync(`/proc/${within.pid}/stat`, 'utf8')).toMatch(/\) T /)
    recordDead(first, (stat) => stat)
    await sweep(200)
    expect(existsSync(join(base, 'labs', 'test.1.1.1'))).toBe(true)
    within.kill('SIGCONT')
    await sweep()
    nothingIsLeft()
  })
})

/** The number of its one child, as soon as that is another program. */
async function childOf(pid: number | undefined): Promise<string> {
  const read = (path: string) => readFileSync(`/proc/${path}`, 'utf8')
  const child = () => read(`${pid}/task/${pid}/children`).trim()
  await expect.poll(() => child() !== '' && read(`${child()}/comm`)).toBe('sleep\n')
  return child()
}

/** Leaves the folder of a dead runner whose first process is recorded as `record` says; sweeps. */
async function sweepOver(record: (mark: string) => string): Promise<'ended' | 'lives'> {
  const victim = spawn('sleep', ['60'], { stdio: 'ignore', env: {} })
  const ended = new Promise((exit) => victim.once('exit', exit))
  const mark = markOf(victim.pid ?? 0)
  recordDead(String(victim.pid), record)
  await sweep()
  nothingIsLeft()
  const lives = mark !== undefined && isAlive(mark)
  victim.kill()
  await ended
  return lives ? 'lives' : 'ended'
}

function recordDead(pid: string, record: (mark: string) => string): void {
  const folder = join(base, 'labs', 'test.1.1.1')
  mkdirSync(folder, { recursive: true })
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  writeFileSync(
    join(folder, 'root'),
    record(`${boot} ${readFileSync(`/proc/${pid}/stat`, 'utf8')}`),
  )
}

function pause(seconds: number): Promise<void> {
  return new Promise((over) => setTimeout(over, seconds * 1000))
}
