import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { DynfarmError } from '../../src/errors.ts'
import { makeLog } from '../../src/log.ts'
import type { Centre } from '../../src/remote/centre.ts'
import { beginLine, type RunLine } from '../../src/remote/run-line.ts'
import { sendRuns } from '../../src/remote/run-queue.ts'
import { testFolder } from '../fakes/folder.ts'
import { KeptStream } from '../fakes/stream.ts'

const count = 40
let stateDir: string
let stderr: KeptStream
/** What the server has, in the order in which it came. */
let taken: string[]

beforeEach(() => {
  stateDir = testFolder()
  stderr = new KeptStream()
  taken = []
  mkdirSync(join(stateDir, 'remote/audit'), { recursive: true })
  for (let at = 0; at < count; at++) keep(at)
})

function keep(at: number): void {
  const begun = { kind: 'exec', command: [`line ${at}`], login: 'root', nodes: ['a-1'] } as const
  const run = { ...beginLine({ ...begun, by: 'root@here', at }), id: idOf(at) }
  const path = join(stateDir, 'remote/audit', `${run.id}.json`)
  writeFileSync(path, JSON.stringify({ run, process: 0, born: '' }))
}

const idOf = (at: number) => String(at).padStart(3, '0')
const waiting = () => readdirSync(join(stateDir, 'remote/audit'))

/** A server that takes all lines together or none of them. */
async function send(refuse: (runs: readonly RunLine[]) => DynfarmError | undefined): Promise<void> {
  const ask = async (_: string, { body }: { body: { runs: RunLine[] } }) => {
    const error = refuse(body.runs)
    if (error !== undefined) throw error
    taken.push(...body.runs.map(({ id }) => id))
    return { changed: [] }
  }
  const centre = { ask, away: undefined, bundle: undefined, close: () => undefined }
  const log = makeLog({ stdout: new KeptStream(), stderr, env: {} })
  const access = {
    bundle: undefined,
    ownBundle: undefined,
    sudoUser: undefined,
    ownState: stateDir,
  }
  await sendRuns({ centre: centre as unknown as Centre, world: { log, stateDir, access } })
}

const unreadable = new DynfarmError('message-malformed', '"/runs/7/login" is not allowed here', {
  details: { path: '/runs/7/login' },
})
const others = (...left: number[]) =>
  [...Array(count).keys()].filter((at) => !left.includes(at)).map(idOf)

test('a line that the server cannot read is set aside and told, and the rest goes on in order', async () => {
  const bad = [idOf(7), idOf(35)]
  await send((runs) => (runs.some(({ id }) => bad.includes(id)) ? unreadable : undefined))
  expect(taken).toEqual(others(7, 35))
  expect(waiting()).toEqual(['refused'])
  const refused = join(stateDir, 'remote/audit/refused')
  expect(readdirSync(refused)).toEqual(['007.json', '035.json'])
  expect(stderr.text).toContain(
    `the server does not take the record of a run, now in "${refused}/007.json": "/runs/7/login" is`,
  )
  await send(() => undefined)
  expect(taken).toEqual(others(7, 35))
})

test('lines that are too much together go apart', async () => {
  const large = new DynfarmError('message-too-large', 'what is to be sent has many bytes')
  await send((runs) => (runs.length > 5 ? large : undefined))
  expect({ taken, waiting: waiting() }).toEqual({ taken: others(), waiting: [] })
})

test.each([
  new DynfarmError('not-allowed', 'that is for another rank'),
  new DynfarmError('message-malformed', 'the answer of the server cannot be used: it is no JSON'),
])('what is not about a line sets none aside: $message', async (error) => {
  await send(() => error)
  expect(taken).toEqual([])
  expect(waiting()).toHaveLength(count)
  expect(stderr.text).toContain(
    `does not record what was run, which is kept here: ${error.message}`,
  )
})
