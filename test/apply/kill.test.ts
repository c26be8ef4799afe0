import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyPlan } from '../../src/apply/apply.ts'
import { startTime } from '../../src/apply/process.ts'
import { realMachine } from '../../src/apply/real-machine.ts'
import { recover } from '../../src/apply/recover.ts'
import { undoRecord } from '../../src/apply/undo-record.ts'
import type { Step } from '../../src/plan/step.ts'
import { snapshot, testFolder } from '../fakes/folder.ts'
import { startState } from '../fakes/plans.ts'
import type { Order } from '../fakes/run-killed.ts'

const machine = realMachine()
const program = join(import.meta.dirname, '../fakes/run-killed.ts')

function place() {
  const base = testFolder()
  startState(join(base, 'host'))
  return { folder: join(base, 'host'), state: join(base, 'state') }
}

/** How many changes of files there were, or undefined when it was killed. */
function run(order: Order): number | undefined {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(order.state, '../cache') }
  const argv = [program, JSON.stringify(order)]
  const { stdout, stderr, signal } = spawnSync(process.execPath, argv, { env })
  expect(stderr.toString()).toBe('')
  return signal === 'SIGKILL' ? undefined : Number(stdout.toString())
}

function plan(folder: string): Step[] {
  return [
    { kind: 'file', reason: '', path: `${folder}/a`, content: 'new', mode: 0o600 },
    {
      kind: 'command',
      reason: '',
      argv: ['mkdir', `${folder}/d`],
      undo: [{ argv: ['rmdir', `${folder}/d`] }],
    },
    { kind: 'file', reason: '', path: `${folder}/b`, content: null },
    { kind: 'file', reason: '', path: `${folder}/d/c`, content: 'c' },
  ]
}

const failing: Step = { kind: 'command', reason: '', argv: ['false'] }

describe('a run killed by SIGKILL', () => {
  test('before any change of a file, doing or undoing, is undone by the next', async () => {
    const { folder, state } = place()
    const start = snapshot(folder)
    const steps = [...plan(folder), failing]
    const changes = run({ steps, state, killAt: 0 }) ?? 0
    expect(changes).toBeGreaterThan(40)
    for (let killAt = 1; killAt <= changes; killAt += 1) {
      run({ steps, state, killAt })
      const recovery = await recover({ state, machine })
      expect(recovery?.problems ?? []).toEqual([])
      expect({ killAt, is: snapshot(folder) }).toEqual({ killAt, is: start })
      expect(readdirSync(join(state, 'apply'))).toEqual(['lock'])
    }
  }, 600_000)

  test('about its end is undone or finished, and the record tells which', async () => {
    const { folder, state } = place()
    const start = snapshot(folder)
    const steps = plan(folder)
    const changes = run({ steps, state, killAt: 0, record: true }) ?? 0
    const end = snapshot(folder)
    const outcomes: string[] = []
    for (let killAt = changes; killAt > changes - 9; killAt -= 1) {
      expect(await undoRecord({ state, machine })).toMatchObject({ problems: [] })
      expect(snapshot(folder)).toEqual(start)
      run({ steps, state, killAt, record: true })
      await recover({ state, machine })
      const recorded = existsSync(join(state, 'apply/record.jsonl'))
      expect(snapshot(folder)).toEqual(recorded ? end : start)
      outcomes.push(recorded ? 'finished' : 'undone')
    }
    expect([...new Set(outcomes)]).toEqual(['finished', 'undone'])
  }, 600_000)

  test('while a command runs: that is killed before its undo begins', async () => {
    const { folder, state } = place()
    const start = snapshot(folder)
    const script = `mkdir ${folder}/d; echo $$ > ${folder}/d/pid; kill -KILL $PPID; sleep 300; sleep 300`
    const argv = ['sh', '-c', script] as const
    const undo = [{ argv: ['sh', '-c', `cp ${folder}/d/pid ${state}; rm -r ${folder}/d`] as const }]
    expect(run({ steps: [{ kind: 'command', reason: '', argv, undo }], state, killAt: 0 })).toBe(
      undefined,
    )
    const recovery = await recover({ state, machine })
    expect(recovery).toMatchObject({ undone: [expect.stringMatching(/^sh -c/)], problems: [] })
    expect(startTime(Number(readFileSync(join(state, 'pid'), 'utf8')))).toBe(undefined)
    expect(snapshot(folder)).toEqual(start)
  })

  test('is in the way of a plan that was made without its undo', async () => {
    const { folder, state } = place()
    const steps = plan(folder)
    run({ steps, state, killAt: 20 })
    await expect(applyPlan(steps, { state, machine })).rejects.toMatchObject({
      code: 'unfinished',
      exit: 75,
    })
    await recover({ state, machine })
    await applyPlan(steps, { state, machine })
    expect(await recover({ state, machine })).toBe(undefined)
  })
})
