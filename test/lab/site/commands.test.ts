import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { transact } from '../../../src/apply/transaction.ts'
import { undoRecord } from '../../../src/apply/undo-record.ts'
import { runChecks, runCommands } from '../../../src/client/site-commands.ts'
import type { CommandWanted } from '../../../src/site/wanted.ts'
import { testFolder } from '../../fakes/folder.ts'

const machine = realMachine()

function place() {
  const folder = testFolder()
  const log = join(folder, 'log')
  const state = join(folder, 'state')
  const command = (word: string): CommandWanted => ({
    name: word,
    run: ['sh', '-c', `echo ${word} >> ${log}`],
    timeoutMs: 5000,
  })
  const run = (...commands: CommandWanted[]) =>
    transact({ machine, state }, (run) => runCommands(commands, { machine, run }))
  const done = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
  return { folder, state, command, run, done }
}

describe('commands', () => {
  test('run in their order, each where there is something to do when its turn has come', async () => {
    const { folder, command, run, done } = place()
    const made = join(folder, 'made')
    await run(
      { ...command('makes'), run: ['touch', made] },
      { ...command('created'), creates: made },
      { ...command('missing'), creates: join(folder, 'no') },
      { ...command('so already'), unless: ['test', '-e', made] },
      { ...command('not so'), unless: ['test', '-e', join(folder, 'no')] },
      { ...command('no such program'), unless: ['no-such-program'] },
      { ...command('hangs'), unless: ['sleep', '60'], timeoutMs: 200 },
    )
    expect(done()).toEqual(['missing', 'not so', 'no such program', 'hangs'])
  })

  test('end at the first that fails, with its name and what it said', async () => {
    const { command, run, done } = place()
    const failing: CommandWanted = { ...command('b'), run: ['sh', '-c', 'echo why >&2; exit 3'] }
    await expect(run(command('a'), failing, command('c'))).rejects.toMatchObject({
      code: 'step-failed',
      message: `"sh -c 'echo why >&2; exit 3'" ended with exit code 3: why`,
    })
    expect(done()).toEqual(['a'])
  })

  test('that do not end in time fail', async () => {
    const { command, run } = place()
    const slow: CommandWanted = { ...command('slow'), run: ['sleep', '60'], timeoutMs: 200 }
    await expect(run(slow)).rejects.toMatchObject({ message: expect.stringMatching(/in time/) })
  })

  test('are undone at leave, newest first, and once however often they ran', async () => {
    const { folder, state, command, run, done } = place()
    const undoing = (word: string): CommandWanted => ({
      ...command(word),
      undo: ['sh', '-c', `echo undo ${word} >> ${folder}/log`],
    })
    for (let boot = 0; boot < 3; boot += 1) await run(undoing('a'), command('plain'), undoing('b'))
    writeFileSync(join(folder, 'log'), '')
    expect(await undoRecord({ machine, state })).toMatchObject({ problems: [] })
    expect(done()).toEqual(['undo b', 'undo a'])
  })
})

test('commands that look alike and are undone differently are both undone', async () => {
  const { folder, command, run, state, done } = place()
  const undoing = (word: string): CommandWanted => ({
    ...command('same'),
    undo: ['sh', '-c', `echo ${word} >> ${folder}/log`],
  })
  await run(undoing('a'))
  await run(undoing('b'))
  await undoRecord({ machine, state })
  expect(done()).toEqual(['same', 'same', 'b', 'a'])
})

test('checks are all tried, each once and in its time', async () => {
  const check = (name: string, ...run: [string, ...string[]]) => ({ name, run, timeoutMs: 500 })
  const results = await runChecks(
    [
      check('good', 'echo', 'fine'),
      check('bad', 'sh', '-c', 'echo why >&2; exit 3'),
      check('slow', 'sleep', '60'),
      check('absent', 'no-such-program'),
    ],
    { machine },
  )
  expect(results).toEqual([
    { name: 'good', passed: true, end: 'ended with exit code 0: fine' },
    { name: 'bad', passed: false, end: 'ended with exit code 3: why' },
    { name: 'slow', passed: false, end: 'did not end within 0.5 s' },
    {
      name: 'absent',
      passed: false,
      end: 'ended with exit code 127: program "no-such-program" is not installed',
    },
  ])
})
