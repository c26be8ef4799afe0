import { describe, expect, test } from 'vitest'
import { renderStep } from '../../src/plan/render.ts'
import { judgeCheck, type ObservedCommand, planCommand } from '../../src/site/commands.ts'
import type { CommandWanted } from '../../src/site/wanted.ts'

const start: CommandWanted = {
  name: 'start the batch daemon',
  run: ['systemctl', 'start', 'lsfd'],
  unless: ['systemctl', 'is-active', 'lsfd'],
  creates: '/run/lsfd',
  timeoutMs: 5000,
}

describe('a command', () => {
  test.each<[ObservedCommand, boolean]>([
    [{}, true],
    [{ unlessCode: 3 }, true],
    [{ unlessCode: 127, createsExists: false }, true],
    [{ unlessCode: 0 }, false],
    [{ createsExists: true }, false],
    [{ unlessCode: 1, createsExists: true }, false],
  ])('found %j runs: %j', (found, runs) => {
    expect(planCommand(start, found) !== undefined).toBe(runs)
  })

  test('has its time, its reason, and an undo where one is given', () => {
    const step = planCommand(start, {})
    expect(step && renderStep(step)).toBe('systemctl start lsfd  # start the batch daemon')
    expect(step).toMatchObject({ timeoutMs: 5000 })
    expect(step).not.toHaveProperty('undo')
    const undo = ['systemctl', 'stop', 'lsfd'] as const
    expect(planCommand({ ...start, undo }, {})).toMatchObject({ undo: [{ argv: undo }] })
  })
})

describe('a check', () => {
  const judge = (outcome: Partial<Parameters<typeof judgeCheck>[1]>) =>
    judgeCheck(start, { code: 0, stdout: '', stderr: '', ...outcome })

  test('passes with 0, in time', () => {
    expect(judge({})).toEqual({ name: start.name, passed: true, code: 0, output: '' })
    expect(judge({ code: 3 })).toMatchObject({ passed: false, code: 3 })
    expect(judge({ code: 124, timedOut: true })).toMatchObject({ passed: false })
    expect(judge({ code: 0, timedOut: true })).toMatchObject({ passed: false })
  })

  test('tells the end of what was said, bounded and harmless', () => {
    const lines = Array.from({ length: 9 }, (_, at) => `line ${at}`).join('\n')
    expect(judge({ stdout: lines, stderr: '\x1b[2Jend\n\n' }).output).toBe(
      'line 5\nline 6\nline 7\nline 8\n\\x1b[2Jend',
    )
    expect(judge({ stdout: 'x'.repeat(1000) }).output).toHaveLength(300)
  })
})
