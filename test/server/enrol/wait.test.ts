import { expect, test, vi } from 'vitest'
import { renderPosition } from '../../../src/protocol/position.ts'
import { waitForHubs } from '../../../src/server/hubs/wait.ts'
import { giveToken, join, makeMachine, wireguardKey } from '../machines.ts'
import { start } from './start.ts'

vi.mock('../../../src/server/hubs/wait.ts')

test('a node is answered when the hubs have it, at the place where they hear of it', async () => {
  const { server } = await start()
  const token = await giveToken(server)
  const waits: string[] = []
  vi.mocked(waitForHubs).mockImplementation(async ({ store }, position) => {
    const { nodes } = await store.read(({ feed }) => feed.since())
    waits.push(renderPosition(position))
    return nodes.some(({ generation }) => generation === position.generation)
  })
  const { machine, answer } = await join(server, await makeMachine(), { token })
  await join(server, await makeMachine(), { token })
  const again = await join(server, machine)
  const keys = { ...machine.request.keys, wireguard: wireguardKey() }
  await join(server, { ...machine, request: { ...machine.request, keys } })
  expect(waits.length).toBe(4)
  expect(waits[0]).toBe(answer.position)
  expect(waits[2]).toBe(again.answer.position)
  expect(again.answer.position).toBe(answer.position)
  for (const { value } of vi.mocked(waitForHubs).mock.settledResults) expect(value).toBe(true)
})
