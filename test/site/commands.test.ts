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
    expect(judge({})).toMatchObject({ name: start.name, passed: true })
    expect(judge({ code: 3 })).toMatchObject({ passed: false, end: 'ended with exit code 3' })
    const late = { passed: false, end: 'did not end within 5 s: still waiting' }
    const stderr = 'still waiting\n'
    expect(judge({ code: 124, timedOut: true, stderr })).toMatchObject(late)
    expect(judge({ code: 0, timedOut: true, stderr })).toMatchObject(late)
  })

  test('tells the end of what was said, bounded and harmless', () => {
    const lines = Array.from({ length: 9 }, (_, at) => `line ${at}`).join('\n')
    const said = (outcome: Parameters<typeof judge>[0]) =>
      judge({ code: 1, ...outcome }).end.replace('ended with exit code 1: ', '')
    expect(said({ stdout: lines, stderr: '\x1b[2Jend\n\n' })).toBe(
      'line 5\nline 6\nline 7\nline 8\n\\x1b[2Jend',
    )
    expect(said({ stdout: 'x'.repeat(1000) })).toHaveLength(300)
  })
})
