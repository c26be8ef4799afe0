import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startTime } from '../../src/apply/process.ts'
import { runCommand } from '../../src/apply/run.ts'
import { killRunning } from '../../src/apply/running.ts'
import { testFolder } from '../fakes/folder.ts'

function sh(script: string, ...rest: string[]) {
  return { argv: ['sh', '-c', script, 'sh', ...rest] as [string, ...string[]] }
}

function isAlive(pid: string): boolean {
  return startTime(Number(pid)) !== undefined
}

describe('runCommand', () => {
  test('tells exit code and both outputs', async () => {
    const outcome = await runCommand(sh('echo out; echo err >&2; exit 3'))
    expect(outcome).toEqual({ code: 3, stdout: 'out\n', stderr: 'err\n' })
  })

  test('death by a signal is 128 and its number', async () => {
    expect((await runCommand(sh('kill -KILL $$'))).code).toBe(137)
  })

  test('arguments reach the program as they are', async () => {
    const { stdout } = await runCommand({ argv: ['printf', '%s|', '', 'a b', '$HOME', '*', '-n'] })
    expect(stdout).toBe('|a b|$HOME|*|-n|')
  })

  test('standard input is the input, or closed', async () => {
    const input = 'x'.repeat(300_000)
    expect((await runCommand({ argv: ['wc', '-c'], input })).stdout.trim()).toBe('300000')
    expect((await runCommand({ argv: ['wc', '-c'] })).stdout.trim()).toBe('0')
  })

  test('input that nobody reads is no error', async () => {
    const outcome = await runCommand({ argv: ['true'], input: 'x'.repeat(1_000_000) })
    expect(outcome.code).toBe(0)
  })

  test('the language is C and the folders of ip and nft are on the path', async () => {
    const { stdout } = await runCommand(sh('echo $LC_ALL $PATH; pwd'))
    expect(stdout).toMatch(/^C .*\/usr\/sbin.*\n\/\n$/)
  })

  test('a program that is not there is named', async () => {
    await expect(runCommand({ argv: ['no-such-program', 'x'] })).rejects.toMatchObject({
      code: 'program-missing',
      message: 'program "no-such-program" is not installed',
    })
    const file = join(testFolder(), 'data')
    writeFileSync(file, '', { mode: 0o644 })
    await expect(runCommand({ argv: [file] })).rejects.toMatchObject({
      code: 'program-missing',
      message: `program "${file}" cannot be started: EACCES`,
    })
  })

  test.each([
    ['words that are too long', 'echo', 'x'.repeat(200_000), 'E2BIG'],
    ['a word that no program can be given', 'echo', 'a\0b', 'ERR_INVALID_ARG_VALUE'],
    ['a program below a file', '/etc/passwd/echo', '', 'ENOTDIR'],
  ])('%s are a failure to start', async (_, program, word, why) => {
    await expect(runCommand({ argv: [program, word] })).rejects.toMatchObject({
      code: 'program-missing',
      message: `program "${program}" cannot be started: ${why}`,
    })
  })

  test('of a flood of output head and tail are kept, and the command is not stopped', async () => {
    const script = 'echo first; head -c 100000000 /dev/zero; echo; echo last; exit 4'
    const { code, stdout, cut } = await runCommand(sh(script))
    expect(code).toBe(4)
    expect(cut).toBe(true)
    expect(stdout.length).toBeLessThan(1024 * 1024 + 100)
    expect(stdout).toMatch(/^first\n/)
    expect(stdout).toMatch(/\n\[98951436 bytes left out\]\n/)
    expect(stdout).toMatch(/\nlast\n$/)
  })

  test('output at the limit is whole', async () => {
    const outcome = await runCommand({ ...sh('printf %01000d 7'), outputLimit: 1000 })
    expect(outcome).toEqual({ code: 0, stdout: '7'.padStart(1000, '0'), stderr: '' })
  })

  test('bytes that are no text do not disturb', async () => {
    expect((await runCommand(sh("printf 'a\\377b'"))).stdout).toBe('a\ufffdb')
  })

  test('a child left behind that holds the output is not waited for, and lives', async () => {
    const { code, stdout } = await runCommand(sh('sleep 300 & echo $!'))
    expect(code).toBe(0)
    expect(isAlive(stdout)).toBe(true)
    process.kill(Number(stdout), 'SIGKILL')
  })

  test('a child left behind that writes for ever neither', async () => {
    const begun = join(testFolder(), 'begun')
    const script = `(yes | head -n 2; : > "$1"; exec yes) & until [ -e "$1" ]; do :; done; exit 5`
    const { code, stdout } = await runCommand(sh(script, begun))
    expect(code).toBe(5)
    expect(stdout).toMatch(/^y\ny\n/)
  })

  test('when its time is up the whole group ends, what ignores SIGTERM included', async () => {
    const pids = join(testFolder(), 'pids')
    const script = `trap '' TERM; sh -c 'echo $$ >> "$1"; sleep 300' sh "$1" & echo $$ >> "$1"
      echo working >&2; wait; sleep 300`
    const outcome = await runCommand({ ...sh(script, pids), timeoutMs: 3000 })
    expect(outcome).toMatchObject({ timedOut: true, code: 124, stderr: 'working\n' })
    expect(readFileSync(pids, 'utf8').trim().split('\n').filter(isAlive)).toEqual([])
  })

  test('a child that outlives its parent on SIGTERM is killed after the grace', async () => {
    const pids = join(testFolder(), 'pids')
    const script = `sh -c 'trap "" TERM; echo $$ > "$1"; while :; do sleep 1; done' sh "$1" & wait`
    await runCommand({ ...sh(script, pids), timeoutMs: 3000 })
    expect(isAlive(readFileSync(pids, 'utf8'))).toBe(false)
  })

  test('what runs when this process ends does so too', async () => {
    const pids = join(testFolder(), 'pids')
    const running = runCommand(sh('sleep 300 & echo $! $$ > "$1"; wait', pids))
    await expect.poll(() => readFileSync(pids, 'utf8')).toMatch(/\n/)
    killRunning()
    expect((await running).code).toBe(137)
    expect(readFileSync(pids, 'utf8').trim().split(' ').filter(isAlive)).toEqual([])
    expect((await runCommand({ argv: ['true'] })).code).toBe(0)
  })

  test('an interruption ends the command', async () => {
    const controller = new AbortController()
    const { signal } = controller
    const pid = join(testFolder(), 'pid')
    const running = runCommand({ ...sh('echo $$ > "$1"; exec sleep 300', pid), signal })
    await expect.poll(() => readFileSync(pid, 'utf8')).toMatch(/\n/)
    controller.abort()
    await expect(running).rejects.toMatchObject({ code: 'interrupted', exit: 130 })
    expect(isAlive(readFileSync(pid, 'utf8'))).toBe(false)
    const late = runCommand({ argv: ['sleep', '300'], signal })
    await expect(late).rejects.toMatchObject({ code: 'interrupted' })
  })
})
