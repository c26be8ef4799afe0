import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { realMachine } from '../../src/apply/real-machine.ts'
import { recover } from '../../src/apply/recover.ts'
import { transact } from '../../src/apply/transaction.ts'
import { undoRecord } from '../../src/apply/undo-record.ts'
import type { CommandStep, FileStep } from '../../src/plan/step.ts'
import { snapshot, testFolder } from '../fakes/folder.ts'
import { recordedLog } from '../fakes/log.ts'

function place() {
  const base = testFolder()
  const host = join(base, 'host')
  mkdirSync(host)
  writeFileSync(join(host, 'a'), 'start')
  const options = { state: join(base, 'state'), machine: realMachine(), log: recordedLog() }
  return { host, options, start: snapshot(host) }
}

function write(path: string, content: FileStep['content']): FileStep {
  return { kind: 'file', reason: '', path, content }
}

function makeFolder(path: string): CommandStep {
  return { kind: 'command', reason: '', argv: ['mkdir', path], undo: [{ argv: ['rmdir', path] }] }
}

const failing: CommandStep = { kind: 'command', reason: '', argv: ['false'] }
const kept = (state: string) => readdirSync(join(state, 'apply')).filter((name) => name !== 'lock')

describe('transact', () => {
  test('a plan that fails undoes itself, and the next one may be tried', async () => {
    const { host, options } = place()
    const rung = await transact(options, async (run) => {
      await run.apply([makeFolder(`${host}/d`)])
      const first = run.apply([makeFolder(`${host}/first`), failing])
      await expect(first).rejects.toMatchObject({ code: 'step-failed' })
      expect(readdirSync(host)).toEqual(['a', 'd'])
      await run.apply([makeFolder(`${host}/second`)])
      return 'second'
    })
    expect(rung).toBe('second')
    expect(readdirSync(host)).toEqual(['a', 'd', 'second'])
    expect(kept(options.state)).toEqual([])
  })

  test('what the caller throws undoes all plans', async () => {
    const { host, options, start } = place()
    const running = transact(options, async (run) => {
      await run.apply([write(`${host}/a`, 'one')])
      await run.apply([write(`${host}/a`, 'two'), makeFolder(`${host}/d`)])
      throw new Error('the hub does not answer')
    })
    await expect(running).rejects.toThrow('the hub does not answer')
    expect(snapshot(host)).toEqual(start)
    expect(kept(options.state)).toEqual([])
  })

  test('but not what was committed before', async () => {
    const { host, options } = place()
    const running = transact(options, async (run) => {
      await run.apply([makeFolder(`${host}/tunnel`)])
      await run.commit()
      await run.apply([makeFolder(`${host}/site`), failing])
    })
    await expect(running).rejects.toMatchObject({ code: 'step-failed' })
    expect(readdirSync(host)).toEqual(['a', 'tunnel'])
  })

  test('a run that finds nothing to do leaves no trace but the lock', async () => {
    const { options } = place()
    await transact(options, async (run) => await run.apply([]))
    expect(kept(options.state)).toEqual([])
  })
})

describe('an undo that fails', () => {
  const stuck = (host: string): CommandStep => ({
    ...makeFolder(`${host}/d`),
    undo: [
      { argv: ['sh', '-c', `echo >> ${host}/tries; test -e ${host}/way`] },
      { argv: ['rmdir', `${host}/d`] },
    ],
  })
  const tries = (host: string) => readFileSync(`${host}/tries`, 'utf8').length

  test('is tried again by the next run, alone, and is done with when it succeeds', async () => {
    const { host, options } = place()
    const running = transact(options, (run) => run.apply([stuck(host), failing]))
    await expect(running).rejects.toMatchObject({ code: 'undo-failed' })
    expect(tries(host)).toBe(1)
    writeFileSync(`${host}/way`, '')
    expect(await recover(options)).toMatchObject({
      problems: [],
      undone: [`mkdir ${host}/d`],
    })
    expect(tries(host)).toBe(2)
    expect(kept(options.state)).toEqual([])
  })

  test('twice is given up, told, and does not stop the run', async () => {
    const { host, options } = place()
    const running = transact(options, (run) => run.apply([stuck(host), failing]))
    await expect(running).rejects.toMatchObject({ code: 'undo-failed' })
    await transact(options, (run) => run.apply([makeFolder(`${host}/e`)]))
    const [aside] = kept(options.state)
    expect(aside).toMatch(/^given-up-.*\.jsonl$/)
    expect(options.log.lines).toContainEqual(expect.stringContaining(`${aside}`))
    expect(tries(host)).toBe(2)
    expect(await recover(options)).toBe(undefined)
  })

  test('in a run that goes on all the same is told and set aside', async () => {
    const { host, options } = place()
    await transact(options, async (run) => {
      const rung = run.apply([stuck(host), failing])
      await expect(rung).rejects.toMatchObject({ code: 'undo-failed' })
    })
    expect(options.log.lines.at(-1)).toMatch(/^see ".*given-up-.*" for what was not undone$/)
    expect(await recover(options)).toBe(undefined)
  })

  test('of a killed run stops the next one once', async () => {
    const { host, options } = place()
    const applying = transact(options, async (run) => {
      await run.apply([stuck(host)])
      const journal = readFileSync(join(options.state, 'apply/journal.jsonl'))
      throw Object.assign(new Error('cut'), { journal })
    })
    const { journal } = await applying.catch((error) => error.cause)
    writeFileSync(join(options.state, 'apply/journal.jsonl'), journal)
    mkdirSync(`${host}/d`)
    const next = () => transact(options, async () => 'went on')
    await expect(next()).rejects.toMatchObject({
      code: 'undo-failed',
      message: expect.stringMatching(
        /^of the run that began at .* this could not be undone:\n {4}"sh -c/,
      ),
    })
    expect(await next()).toBe('went on')
  })
})

describe('the record', () => {
  test('undoes what all runs did, files as before the first of them', async () => {
    const { host, options, start } = place()
    const record = true
    await transact(options, (run) =>
      run.apply([makeFolder(`${host}/d`), write(`${host}/a`, 'one'), write(`${host}/d/b`, 'b')], {
        record,
      }),
    )
    await transact(options, (run) =>
      run.apply([write(`${host}/a`, 'two'), makeFolder(`${host}/e`)], { record }),
    )
    await transact(options, (run) => run.apply([makeFolder(`${host}/stays`)]))
    const { undone, problems } = await undoRecord(options)
    expect(problems).toEqual([])
    expect(undone).toHaveLength(4)
    expect(snapshot(host)).toEqual([...start, 'stays 40755 0 0'])
    expect(kept(options.state)).toEqual([])
    expect(await undoRecord(options)).toEqual({ undone: [], problems: [] })
  })

  test('does not hold what a failed run did and undid', async () => {
    const { host, options } = place()
    const plan = [makeFolder(`${host}/d`), failing]
    const running = transact(options, (run) => run.apply(plan, { record: true }))
    await expect(running).rejects.toMatchObject({ code: 'step-failed' })
    expect(kept(options.state)).toEqual([])
  })

  test('a file that another hand has changed since is left alone and told, twice', async () => {
    const { host, options } = place()
    const plan = [write(`${host}/a`, 'ours'), write(`${host}/b`, 'ours')]
    await transact(options, (run) => run.apply(plan, { record: true }))
    writeFileSync(`${host}/a`, 'theirs')
    const problems = [
      `"write ${host}/a (0644, 0:0, 5 bytes)" failed: it was changed by another hand since and is left as it is`,
    ]
    expect(await undoRecord(options)).toMatchObject({ problems })
    expect(readFileSync(`${host}/a`, 'utf8')).toBe('theirs')
    expect(readdirSync(host)).toEqual(['a'])
    const { givenUp } = await undoRecord(options)
    expect(readFileSync(givenUp ?? '', 'utf8')).toContain(Buffer.from('start').toString('base64'))
    expect(await undoRecord(options)).toEqual({ undone: [], problems: [] })
  })

  test('nothing is made where nothing was ever recorded', async () => {
    const { options, host, start } = place()
    expect(await undoRecord(options)).toEqual({ undone: [], problems: [] })
    expect(await recover(options)).toBe(undefined)
    expect(readdirSync(join(options.state, '..'))).toEqual(['host'])
    expect(snapshot(host)).toEqual(start)
  })
})
