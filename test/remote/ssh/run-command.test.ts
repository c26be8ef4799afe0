import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeAll, describe, expect, test } from 'vitest'
import type { FarCommand } from '../../../src/remote/far-side/command.ts'
import type { Run } from '../../../src/remote/run-command.ts'
import { makeFarm, runOn, withSession } from './support/hosts.ts'
import {
  cgroupRoot,
  cgroups,
  childrenOf,
  endAll,
  listener,
  nap,
  processes,
  until,
} from './support/processes.ts'
import type { Host } from './support/sshd.ts'

const farm = makeFarm()
let host: Host
beforeAll(async () => {
  host = await farm.start({})
})

const run = (command: FarCommand | string, over: Partial<Run> = {}) =>
  withSession(host.target, farm.login, (session) => runOn(session, command, over))

const input = (...chunks: Buffer[]) => ({
  read: async () => chunks.shift(),
  close: () => undefined,
})

describe('a command', () => {
  test('has its streams and exit code', async () => {
    expect(await run('echo out; echo err >&2; exit 7')).toEqual({
      class: 'failed',
      phase: 'exit',
      started: true,
      exit: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    expect(await run('printf "no newline"')).toMatchObject({
      class: 'ok',
      exit: 0,
      stdout: 'no newline',
    })
  })

  test('has its signal', async () => {
    expect(await run('kill -SEGV $$')).toMatchObject({ class: 'killed', signal: 'SIGSEGV' })
  })

  test('takes its words as they are', async () => {
    const words = ['a b', "it's", '\\', '\\\\', '!x', '$HOME', '`id`', '', '*', '-n', 'é\n', '"']
    const { stdout } = await run({ words: ['printf', '%s|', ...words] })
    expect(Buffer.from(stdout, 'latin1').toString()).toBe(words.map((word) => `${word}|`).join(''))
  })

  test('reads standard input, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256))
    const half = [bytes.subarray(0, 100_001), bytes.subarray(100_001)]
    const { stdout } = await run('cat', { input: input(...half) })
    expect(stdout).toBe(bytes.toString('latin1'))
  })

  test('that reads nothing does not wait for its input', async () => {
    const endless = { read: async () => Buffer.alloc(65_536), close: () => undefined }
    expect(await run('exec 0<&-; echo done', { input: endless })).toMatchObject({
      class: 'ok',
      stdout: 'done\n',
    })
  })

  test('gets folder, environment and user', async () => {
    const command = {
      words: ['pwd; echo "$A-$B"; id -un'],
      cwd: '/',
      env: ["A=it's", 'B=2'],
      as: 'nobody',
    }
    expect((await run(command)).stdout).toBe("/\nit's-2\nnobody\n")
    expect(await run({ words: ['true'], cwd: '/no where' })).toMatchObject({
      class: 'failed',
      exit: 125,
      stderr: 'dynfarm: the folder "/no where" is not there, or may not be entered\n',
    })
  })

  test('that is not there says so', async () => {
    const { exit, stderr } = await run({ words: ['no-such-program', 'x'] })
    expect({ exit, stderr }).toEqual({
      exit: 127,
      stderr: 'dynfarm: there is no command "no-such-program"\n',
    })
    const file = await run({ words: ['/etc/passwd', 'x'] })
    expect(file).toMatchObject({ exit: 126, stderr: expect.stringContaining('Permission denied') })
  })

  test('gets a terminal', async () => {
    const terminal = { rows: 10, cols: 99, term: 'vt100' }
    expect(await run('test -t 0 && test -t 2 && stty size', { terminal })).toMatchObject({
      class: 'ok',
      stdout: '10 99\r\n',
    })
  })

  test('may leave a child in the background that holds its output', async () => {
    const { class: hostClass, stdout } = await run(`echo one; ${nap(77)} & echo two`)
    expect({ hostClass, stdout }).toEqual({ hostClass: 'ok', stdout: 'one\ntwo\n' })
    await until(() => processes(nap(77)).length === 1)
    endAll(processes(nap(77)))
  })

  test('may print much, slowly taken', async () => {
    let bytes = 0
    const sink = async (chunk: Buffer) => {
      bytes += chunk.length
      await sleep(5)
    }
    expect(await run('head -c 20000000 /dev/zero', { sink })).toMatchObject({ class: 'ok' })
    expect(bytes).toBe(20_000_000)
  })
})

describe('through sudo', () => {
  test('a command is itself', async () => {
    const command = { words: ['id -un; cat; exit 5'], sudo: true, as: 'nobody' }
    expect(await run(command, { input: input(Buffer.from('in')) })).toMatchObject({
      class: 'failed',
      exit: 5,
      stdout: 'nobody\nin',
    })
  })

  test('a command ends with all its children', async () => {
    const command = { words: [`setsid ${nap(78)} & ${nap(78)}`], sudo: true }
    const outcome = await run(command, { timeout: 400 })
    expect(outcome).toMatchObject({ class: 'timeout', killed: { left: 0, verified: true } })
    expect(processes(nap(78))).toEqual([])
  })

  test('a command ends when the connection is gone', async () => {
    await withSession(host.target, farm.login, async (session) => {
      const outcome = runOn(session, { words: [nap(79)], sudo: true })
      await until(() => processes(nap(79)).length === 1)
      session.close()
      expect(await outcome).toMatchObject({ class: 'lost' })
    })
    await until(() => processes(nap(79)).length === 0)
  })
})

describe('what has to end', () => {
  test('ends with all its children, also those that left the session', async () => {
    const line = `${nap(71)} & setsid ${nap(71)} & (trap "" TERM; ${nap(71)}) & wait`
    const { class: hostClass, phase, killed } = await run(line, { timeout: 3000 })
    expect({ hostClass, phase }).toEqual({ hostClass: 'timeout', phase: 'run' })
    expect(killed).toMatchObject({ left: 0, verified: true })
    expect(killed?.found).toBeGreaterThanOrEqual(4)
    expect(processes(nap(71))).toEqual([])
  })

  test('ends when it is told to stop', async () => {
    const stop = new AbortController()
    const sink = (bytes: Buffer) => {
      if (bytes.includes('up')) stop.abort()
      return undefined
    }
    const outcome = await run(`trap "echo bye; exit 3" TERM; echo up; ${nap(72)} & wait`, {
      sink,
      signal: stop.signal,
    })
    expect(outcome).toMatchObject({
      class: 'killed',
      phase: 'run',
      killed: { left: 0, verified: true },
    })
    expect(processes(nap(72))).toEqual([])
  })

  test('ends by itself when the connection is gone', async () => {
    await withSession(host.target, farm.login, async (session) => {
      const { sink, hasHeard } = listener()
      const outcome = runOn(session, `echo up; setsid ${nap(73)} & ${nap(73)}`, { sink })
      await until(() => hasHeard() && processes(nap(73)).length === 2)
      session.close()
      expect(await outcome).toMatchObject({ class: 'lost', phase: 'run', started: true })
    })
    await until(() => processes(nap(73)).length === 0)
  })

  test('ends with its terminal, also when it does not listen to that', async () => {
    const terminal = { rows: 24, cols: 80, term: 'vt100' }
    await withSession(host.target, farm.login, async (session) => {
      const outcome = runOn(session, `trap "" HUP; ${nap(81)}; ${nap(81)}`, { terminal })
      await until(() => processes(nap(81)).length === 1)
      session.close()
      expect(await outcome).toMatchObject({ class: 'lost' })
    })
    await until(() => processes(nap(81)).length === 0)
  })

  test('leaves no cgroup of ours behind, with or without a daemon', async () => {
    const { stdout } = await run(`${nap(80)} >&- 2>&- & cat /proc/self/cgroup`)
    const name = /dynfarm-\w+/.exec(stdout)?.[0]
    await until(() => name === undefined || !cgroups().includes(name))
    await until(() => processes(nap(80)).length === 1)
  })

  test('leaves none behind a daemon either that is another process all the time', async () => {
    const fork = 'f() { [ "$1" = 1000 ] || f $(($1+1)) & }'
    const { stdout } = await run(`${fork}; f 0 >&- 2>&- & cat /proc/self/cgroup`)
    const name = /dynfarm-\w+/.exec(stdout)?.[0]
    await until(() => name === undefined || !cgroups().includes(name))
  })

  test('leaves none behind when its connection is killed at any moment, on a terminal too', async () => {
    const own = await farm.start({})
    const home = join(cgroupRoot(), `dynfarm-test-${process.pid}`)
    mkdirSync(home)
    writeFileSync(join(home, 'cgroup.procs'), String(own.pid))
    const left = () => readdirSync(home).filter((name) => name.startsWith('dynfarm-'))
    for (let at = 0; at < 20; at++)
      await withSession(own.target, farm.login, async (session) => {
        const terminal = { rows: 24, cols: 80, term: 'vt100' }
        const outcome = runOn(session, nap(85), at % 2 === 0 ? { terminal } : {})
        await sleep(3 * at)
        endAll(childrenOf(own.pid), 'SIGKILL')
        expect((await outcome).class).toMatch(/lost|refused/)
      })
    await until(() => processes(nap(85)).length === 0 && left().length === 0)
    await own.stop()
    await until(() => readFileSync(join(home, 'cgroup.procs'), 'utf8') === '')
    rmdirSync(home)
  })
})
