import { expect, test } from 'vitest'
import { giveToken, makeMachine, tryJoin } from '../machines.ts'
import { start } from './start.ts'

test('200 machines at once make as many nodes as their token has uses, each in a slot of its own', async () => {
  const { server } = await start()
  const token = await giveToken(server, { uses: 50 })
  const machines = await Promise.all(Array.from({ length: 200 }, () => makeMachine()))
  const answers = await Promise.all(machines.map((machine) => tryJoin(server, machine, { token })))
  const slots = answers.flatMap(({ body }) => body.node?.slot ?? [])
  expect(slots.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1))
  const refused = answers.flatMap(({ body }) => body.code ?? [])
  expect(refused).toEqual(Array(150).fill('token-used-up'))
  const { nodes, record } = await server.server.store.read(async (reads) => ({
    nodes: await reads.nodes.list(),
    record: await reads.tokens.byId(token.slice(3, 14)),
  }))
  expect(new Set(nodes.map(({ certificate }) => certificate)).size).toBe(50)
  expect(record?.used).toBe(50)
})

test('one machine that asks 20 times at once is one node, for one use', async () => {
  const { server } = await start()
  const token = await giveToken(server, { uses: 5 })
  const machine = await makeMachine()
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => tryJoin(server, machine, { token })),
  )
  expect(new Set(answers.map(({ body }) => body.node?.id)).size).toBe(1)
  for (const { body } of answers)
    expect(await tryJoin(server, { ...machine, certificate: body.certificate })).toMatchObject({
      status: 200,
    })
  const record = await server.server.store.read(({ tokens }) => tokens.byId(token.slice(3, 14)))
  expect(record?.used).toBe(1)
})
