import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { applyPlan, convergePlan } from '../../src/apply/apply.ts'
import { realMachine } from '../../src/apply/real-machine.ts'
import type { CommandStep, FileStep, Step } from '../../src/plan/step.ts'
import { interrupting, withFault } from '../fakes/faults.ts'
import { snapshot, testFolder } from '../fakes/folder.ts'
import { recordedLog } from '../fakes/log.ts'

const machine = realMachine()

function place() {
  const folder = testFolder()
  mkdirSync(join(folder, 'etc'))
  const log = recordedLog()
  return { etc: join(folder, 'etc'), state: join(folder, 'state'), log, machine }
}

function write(path: string, content: FileStep['content']): FileStep {
  return { kind: 'file', reason: 'wanted', path, content }
}

function makeFolder(path: string): CommandStep {
  return { ...command('mkdir', path), undo: [{ argv: ['rmdir', path] }] }
}

function command(...argv: [string, ...string[]]): CommandStep {
  return { kind: 'command', reason: '', argv }
}

describe('applyPlan', () => {
  test('carries out the Steps in order, tells each as it begins, and leaves no journal', async () => {
    const { etc, ...options } = place()
    await applyPlan([makeFolder(`${etc}/d`), write(`${etc}/d/f`, 'a\n')], options)
    expect(snapshot(etc)).toEqual(['d 40755 0 0', 'd/f 100644 0 0 YQo='])
    expect(options.log.lines).toEqual([`mkdir ${etc}/d`, `write ${etc}/d/f (2 bytes)  # wanted`])
    expect(readdirSync(join(options.state, 'apply'))).toEqual(['lock'])
  })

  test('an empty plan writes nothing at all', async () => {
    const { state, ...options } = place()
    await applyPlan([], { ...options, state })
    expect(existsSync(state)).toBe(false)
  })

  test('a dry run tells the same text and changes nothing', async () => {
    const { etc, state, ...options } = place()
    const steps = [makeFolder(`${etc}/d`), write(`${etc}/d/f`, 'a\n')]
    await applyPlan(steps, { ...options, state, dryRun: true })
    const told = options.log.lines.splice(0)
    expect(snapshot(join(etc, '..'))).toEqual(['etc 40755 0 0'])
    await applyPlan(steps, { ...options, state })
    expect(options.log.lines).toEqual(told)
  })

  test('a failure undoes what was done, in reverse, and says which Step and why', async () => {
    const { etc, ...options } = place()
    writeFileSync(`${etc}/f`, 'old')
    const failing = command('sh', '-c', 'echo one >&2; echo two >&2; exit 3')
    const steps = [
      write(`${etc}/f`, 'new'),
      makeFolder(`${etc}/d`),
      failing,
      makeFolder(`${etc}/e`),
    ]
    await expect(applyPlan(steps, options)).rejects.toMatchObject({
      code: 'step-failed',
      exit: 71,
      message: `"sh -c 'echo one >&2; echo two >&2; exit 3'" ended with exit code 3:\n    one\n    two`,
      hint: 'what this run had changed was undone; mend the cause and run it again',
    })
    expect(snapshot(etc)).toEqual(['f 100644 0 0 b2xk'])
    expect(options.log.lines.slice(3)).toEqual([
      `rmdir ${etc}/d  # undo`,
      `write ${etc}/f (0644, 0:0, 3 bytes)  # undo`,
    ])
    expect(readdirSync(join(options.state, 'apply'))).toEqual(['lock'])
  })

  test('codes that are tolerated count as done', async () => {
    const options = place()
    await applyPlan([{ ...command('sh', '-c', 'exit 2'), tolerate: [1, 2] }], options)
  })

  test('what has no undo is named after a failure', async () => {
    const { etc, ...options } = place()
    await expect(
      applyPlan([command('touch', `${etc}/f`), command('false')], options),
    ).rejects.toMatchObject({
      hint: `what has an undo was undone; these were done and have none: "touch ${etc}/f"`,
    })
  })

  test('what has no undo is named after what is to be done', async () => {
    const { etc, ...options } = place()
    const steps = [command('touch', `${etc}/f`), command('no-such-program')]
    await expect(applyPlan(steps, options)).rejects.toMatchObject({
      hint: expect.stringMatching(
        /^install the program .*\n {2}what has an undo was undone; .*touch/,
      ),
    })
  })

  test('a program that is missing keeps its code and names the Step', async () => {
    const { etc, ...options } = place()
    const steps = [makeFolder(`${etc}/d`), command('no-such-program', 'x')]
    await expect(applyPlan(steps, options)).rejects.toMatchObject({
      code: 'program-missing',
      exit: 69,
      message: '"no-such-program x" failed: program "no-such-program" is not installed',
    })
    expect(snapshot(etc)).toEqual([])
  })

  test('a file that cannot be written names Step and cause', async () => {
    const { etc, ...options } = place()
    const steps = [makeFolder(`${etc}/d`), write(`${etc}/no/f`, 'a')]
    await expect(applyPlan(steps, options)).rejects.toMatchObject({
      code: 'step-failed',
      message: `"write ${etc}/no/f (1 byte)" failed: no such file or directory`,
    })
    await expect(applyPlan([write(etc, 'a')], options)).rejects.toMatchObject({
      code: 'file-refused',
      message: `"write ${etc} (1 byte)" failed: "${etc}" is a folder, not a regular file`,
    })
    expect(snapshot(etc)).toEqual([])
  })

  test('a command that does not end in time is stopped and undone leniently', async () => {
    const { etc, ...options } = place()
    const step: CommandStep = {
      ...command('sh', '-c', `mkdir ${etc}/d; exec sleep 300`),
      undo: [{ argv: ['rmdir', `${etc}/no`] }, { argv: ['rmdir', `${etc}/d`] }],
      timeoutMs: 300,
    }
    await expect(applyPlan([step], options)).rejects.toMatchObject({
      code: 'step-failed',
      message: expect.stringMatching(/" did not end in time and was stopped$/),
    })
    expect(snapshot(etc)).toEqual([])
    expect(options.log.lines).toContainEqual(
      expect.stringMatching(/^\. not counted: "rmdir .*\/no"/),
    )
  })

  test('an undo that fails does not stop the others, and both errors are told', async () => {
    const { etc, ...options } = place()
    const steps: Step[] = [
      write(`${etc}/f`, 'a'),
      {
        ...command('true'),
        undo: [{ argv: ['rmdir', `${etc}/no`] }, { argv: ['touch', `${etc}/g`] }],
      },
      makeFolder(`${etc}/d`),
      command('false'),
    ]
    const problem = `"rmdir ${etc}/no" ended with exit code 1: rmdir: failed to remove '${etc}/no': No such file or directory`
    await expect(applyPlan(steps, options)).rejects.toMatchObject({
      code: 'undo-failed',
      message: `"false" ended with exit code 1\nand this could not be undone:\n    ${problem}`,
      details: { problems: [problem] },
      cause: { code: 'step-failed' },
    })
    expect(readdirSync(etc)).toEqual(['g'])
  })

  test('a secret is in no text and no error, and reaches the program', async () => {
    const { etc, ...options } = place()
    const step = {
      ...command('sh', '-c', `cat > ${etc}/key; cat ${etc}/key >&2; exit 1`),
      input: { secret: 'PrivateKey = abcdefghijklmnop\n' },
    }
    const error = await applyPlan([step], options).catch((thrown) => thrown)
    expect(error.message).toMatch(/exit code 1: <redacted>$/)
    expect(JSON.stringify([error, error.stack, options.log.lines])).not.toMatch('abcdefgh')
    expect(readFileSync(`${etc}/key`, 'utf8')).toBe('PrivateKey = abcdefghijklmnop\n')
  })

  test('an interruption ends the running command and undoes', async () => {
    const { etc, ...options } = place()
    const controller = new AbortController()
    const steps = [makeFolder(`${etc}/d`), command('sleep', '300'), makeFolder(`${etc}/e`)]
    const strike = interrupting(controller)
    const faulty = withFault(machine, { at: 2, when: 'before', strike })
    const applying = applyPlan(steps, { ...options, machine: faulty, signal: controller.signal })
    await expect(applying).rejects.toMatchObject({ code: 'interrupted', exit: 130 })
    expect(snapshot(etc)).toEqual([])
  })

  test('a wait looks again until it succeeds', async () => {
    const { etc, ...options } = place()
    const look = ['sh', '-c', `echo >> ${etc}/looks; test $(wc -l < ${etc}/looks) -ge 3`] as const
    const wait: Step = { kind: 'wait', reason: '', argv: look, timeoutMs: 10_000, intervalMs: 1 }
    await applyPlan([wait], options)
    expect(readFileSync(`${etc}/looks`, 'utf8')).toBe('\n\n\n')
  })

  test('a wait in vain says what the last look said; an interruption ends it', async () => {
    const options = place()
    const argv = ['sh', '-c', 'echo no answer >&2; exit 1'] as const
    const wait = { kind: 'wait', reason: '', argv, timeoutMs: 50, intervalMs: 5 } as const
    await expect(applyPlan([wait], options)).rejects.toMatchObject({
      code: 'step-failed',
      message: `"wait up to 50 ms for sh -c 'echo no answer >&2; exit 1'" had no success; it ended with exit code 1: no answer`,
    })
    const controller = new AbortController()
    const faulty = withFault(machine, { at: 1, when: 'after', strike: interrupting(controller) })
    const forever = { ...wait, timeoutMs: 300_000, intervalMs: 300_000 }
    const waiting = applyPlan([forever], { ...options, machine: faulty, signal: controller.signal })
    await expect(waiting).rejects.toMatchObject({ code: 'interrupted' })
  })

  test.each<[string, Step]>([
    ['path "etc/hosts"', write('etc/hosts', 'a')],
    ['path "/etc/../hosts"', write('/etc/../hosts', 'a')],
    ['path "/etc/"', write('/etc/', 'a')],
    ['mode 512.5 of /etc/x', { ...write('/etc/x', 'a'), mode: 512.5 }],
    ['argv ["echo","\\u0000"]', command('echo', '\0')],
    ['argv [""]', command('')],
  ])('a planner that makes %s is told before the first change', async (fault, step) => {
    const { etc, ...options } = place()
    const applying = applyPlan([makeFolder(`${etc}/d`), step], options)
    await expect(applying).rejects.toThrow(`a planner made a bad step: ${fault}`)
    expect(options.log.lines).toEqual([])
  })

  test('without a journal nothing is changed', async () => {
    const { etc, ...options } = place()
    writeFileSync(options.state, 'a file in the way')
    await expect(applyPlan([makeFolder(`${etc}/d`)], options)).rejects.toMatchObject({
      code: 'state-refused',
    })
    expect(options.log.lines).toEqual([])
  })
})

describe('convergePlan', () => {
  test('stops at a failure, undoes nothing, and returns what was done', async () => {
    const { etc, ...options } = place()
    const steps = [makeFolder(`${etc}/d`), command('false'), makeFolder(`${etc}/e`)]
    const { done, failure } = await convergePlan(steps, options)
    expect(done).toEqual(steps.slice(0, 1))
    expect(failure).toMatchObject({
      code: 'step-failed',
      hint: 'nothing was undone; the next round goes on from here',
    })
    expect(snapshot(etc)).toEqual(['d 40755 0 0'])
    expect(await convergePlan([], options)).toEqual({ done: [] })
  })
})

test('a kind of device that the kernel does not have is named', async () => {
  const stderr = 'Error: Unknown device type.\nCommand failed -:1\n'
  const run = async () => ({ code: 1, stdout: '', stderr })
  const input = 'link add name gre-ce group 177 mtu 1476 type gre local 192.0.2.10 ttl 64\n'
  const steps: Step[] = [{ ...command('ip', '-batch', '-'), input }]
  await expect(
    applyPlan(steps, { ...place(), machine: { ...machine, run } }),
  ).rejects.toMatchObject({
    code: 'kernel-feature-missing',
    message: expect.stringMatching(
      /^this kernel makes no device of type "gre": "ip -batch -" ended with exit code 1/,
    ),
  })
})
