import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { writeInventory } from './support/exec.ts'
import { makeFarm } from './support/hosts.ts'
import { nap, processes, until } from './support/processes.ts'

/* What only a process of its own meets: readers that go away, full disks, hangups. */

const farm = makeFarm()
let remote: string[]
beforeAll(async () => {
  const hosts = await Promise.all([1, 2].map((n) => farm.start({ name: `aruba-${n}` })))
  const state = writeInventory(
    farm.folder,
    hosts.map(({ target }) => ({ target })),
  )
  const bin = resolve(import.meta.dirname, '../../../bin/dynfarm.ts')
  const common = ['--state', state, '-i', farm.identity.path, '-w', 'aruba-[1-2]', '-n']
  remote = [process.execPath, bin, 'remote', 'exec', ...common]
})

/** The last run, as it is kept for the audit. */
function lastRun(): { outcome: string; ended: { class: string }[] } {
  const folder = join(farm.folder, 'state/remote/audit')
  const name =
    readdirSync(folder)
      .sort()
      .findLast((each) => each.endsWith('.json')) ?? ''
  return JSON.parse(readFileSync(join(folder, name), 'utf8')).run
}

/** Runs it in a line of the shell, as `"$@" | head`. */
function inShell(line: string, words: readonly string[]) {
  const child = spawn('bash', ['-c', line, 'bash', ...remote, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DYNFARM_RUN: '/nowhere' },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  return { child, done: ended(child) }
}

async function ended(child: ChildProcess) {
  const said = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream]?.on('data', (bytes) => {
      said[stream] += bytes
    })
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, ...said }
}

describe('the output', () => {
  test('whose reader went away ends what runs, and that is told and on record', async () => {
    const line = `while :; do echo x; sleep 0.05; done; ${nap(81)}`
    const { stdout, stderr } = await inShell('"$@" | head -3', [line]).done
    expect(stdout.split('\n')).toHaveLength(4)
    expect(stderr).toContain('2 killed: aruba-[1-2]\n')
    expect(lastRun()).toMatchObject({ outcome: 'failed', ended: [{ class: 'killed' }] })
  })

  test('whose reader has all it wanted is no failure where all had ended', async () => {
    const { stderr, stdout } = await inShell('"$@" | true; echo ${PIPESTATUS[0]}', ['-b', 'echo x'])
      .done
    expect(stderr).toContain('2 ok: aruba-[1-2]')
    expect(stdout).toBe('0\n')
  })

  test('that has no room any more ends the run with an error', async () => {
    const { code, stderr } = await inShell('"$@" >/dev/full', [`echo x; ${nap(82)}`]).done
    expect(code).toBe(71)
    expect(stderr).toContain('the output cannot be written: ENOSPC')
    expect(stderr).toMatch(/2 killed: aruba-\[1-2\]/)
    expect(lastRun().ended).toMatchObject([{ class: 'killed', count: 2 }])
    expect(processes(nap(82))).toEqual([])
  })
})

describe('a signal', () => {
  test('to end it, as of cron, ends what runs, and is on record', async () => {
    const { child, done } = inShell('exec "$@"', [nap(83)])
    await until(() => processes(nap(83)).length === 2)
    child.kill('SIGTERM')
    expect((await done).code).toBe(130)
    expect(processes(nap(83))).toEqual([])
    expect(lastRun()).toMatchObject({ outcome: 'interrupted', ended: [{ class: 'killed' }] })
  })

  test('that a terminal hung up does nothing to a run without one', async () => {
    const go = join(farm.folder, 'go')
    const line = `echo >${go}.begun; while [ ! -e ${go} ]; do sleep 0.1; done`
    const { child, done } = inShell('exec "$@"', [line])
    await until(() => existsSync(`${go}.begun`))
    child.kill('SIGHUP')
    await new Promise((later) => setTimeout(later, 300))
    expect(child.exitCode ?? child.signalCode).toBe(null)
    writeFileSync(go, '')
    expect((await done).code).toBe(0)
  })

  test('that its terminal hung up ends a run that has one', async () => {
    const args = ['-qefc', [...remote, nap(84)].map((word) => `'${word}'`).join(' '), '/dev/null']
    const script = spawn('script', args, { env: { ...process.env, DYNFARM_RUN: '/nowhere' } })
    await until(() => processes(nap(84)).length === 2)
    script.kill('SIGKILL')
    await until(() => processes(nap(84)).length === 0)
    await until(() => lastRun().outcome === 'interrupted')
  })
})
