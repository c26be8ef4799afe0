import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join as joinPath } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { testFolder } from '../../fakes/folder.ts'
import { startPostgres } from '../../store/postgres-server.ts'
import {
  type Answer,
  enrolHub,
  giveToken,
  type Machine,
  makeMachine,
  tryJoin,
} from '../machines.ts'
import { startTestServer, type TestServer } from '../test-server.ts'

const postgres = await startPostgres()
afterAll(() => postgres.stop())

/** A profile wants a host in the address; that it is a socket is said behind it. */
async function startOn(name: string): Promise<TestServer> {
  await postgres.execute('postgres', `create database ${name}`)
  const database = postgres.url(name).replace('@/', '@localhost/')
  return startTestServer({ server: { database } })
}

interface Other {
  readonly process: ChildProcess
  readonly join: string
}

/** Another server on the same database, with the same configuration. */
async function startOther({ configDir }: TestServer): Promise<Other> {
  const folder = testFolder()
  const program = joinPath(import.meta.dirname, '../child-server.ts')
  const argv = [program, configDir, joinPath(folder, 'state'), joinPath(folder, 'run')]
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  return { process: child, join: String(line).trim() }
}

test('two servers on one database, one of them killed in a storm: no slot and no use is given twice', async () => {
  const server = await startOn('storm')
  await enrolHub(server)
  const other = await startOther(server)
  const token = await giveToken(server, { uses: 60 })
  const machines = await Promise.all(Array.from({ length: 100 }, () => makeMachine()))
  const first: Answer[] = []
  const ask = async (machine: Machine, at: number): Promise<Answer> => {
    const where = at % 2 ? { ...server, join: other.join } : server
    const answer = await tryJoin(where, machine, { token })
    first.push(answer)
    // At its very first answer, most of what was asked of it is still under way.
    if (at % 2) other.process.kill('SIGKILL')
    return answer
  }
  const outcomes = await Promise.allSettled(machines.map(ask))
  if (other.process.signalCode === null) await once(other.process, 'exit')
  expect(other.process.signalCode).toBe('SIGKILL')
  const lost = outcomes.flatMap(({ status }, at) =>
    status === 'rejected' ? (machines[at] ?? []) : [],
  )
  expect(lost.length).toBeGreaterThan(0)
  const second = await Promise.all(lost.map((machine) => tryJoin(server, machine, { token })))

  const answers = [...first, ...second].map(({ body }) => body)
  const given = new Map(answers.flatMap(({ node }) => (node ? [[node.id, node.slot]] : [])))
  const { nodes, record } = await server.server.store.read(async (reads) => ({
    nodes: await reads.nodes.list(),
    record: await reads.tokens.byId(token.slice(3, 14)),
  }))
  expect(new Map(nodes.map(({ id, slot }) => [id, slot]))).toEqual(given)
  expect(new Set(given.values()).size).toBe(given.size)
  expect(record?.used).toBe(60)
  expect(given.size).toBe(60)
  const codes = new Set(answers.flatMap(({ code }) => code ?? []))
  expect([...codes]).toEqual(['token-used-up'])
})

test('a machine whose answer one server lost gets it from the other', async () => {
  const server = await startOn('lost')
  await enrolHub(server)
  const other = await startOther(server)
  const token = await giveToken(server, { uses: 1 })
  const machine = await makeMachine()
  const one = await tryJoin(server, machine, { token })
  const two = await tryJoin({ ...server, join: other.join }, machine, { token })
  expect(one).toMatchObject({ status: 200 })
  expect(two.body.node).toEqual(one.body.node)
  for (const { body } of [one, two])
    expect(await tryJoin(server, { ...machine, certificate: body.certificate })).toMatchObject({
      status: 200,
    })
})
