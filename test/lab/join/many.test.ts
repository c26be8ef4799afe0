import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import { type Centre, giveToken, joinService, startCentre } from './centre.ts'

/*
 * A whole site behind one NAT that is switched on at one moment. With DYNFARM_LONG=1 there are 60 machines, which
 * keep two cores busy for minutes; otherwise a few.
 */

const count = process.env['DYNFARM_LONG'] === '1' ? 60 : 8
const packaged = new URL('../../../dist/dynfarm', import.meta.url).pathname
const ce = '192.0.2.22'

let centre: Centre
let machines: LabHost[]

beforeAll(async () => {
  centre = await startCentre({ machines: count })
  machines = centre.lab.hosts.filter(({ name }) => /^aruba-(?!nat)/.test(name))
  await joinService(centre)
  const token = await centre.token({ role: 'node', site: 'aruba', uses: count })
  await Promise.all(
    machines.map((machine) => giveToken(centre, machine, { token, deadline: '5m' })),
  )
})

afterAll(async () => {
  await centre?.stop()
})

async function joinAt(machine: LabHost) {
  const { stdout, stderr } = await machine.run([packaged, 'join', '--json', '--quiet'], {
    timeoutMs: 600_000,
  })
  const { state, name, rung } = stdout === '' ? {} : JSON.parse(stdout)
  return { state, name, rung, stderr }
}

test(`${count} machines behind one NAT join at once, and all are ready`, {
  timeout: 900_000,
}, async () => {
  expect(machines).toHaveLength(count)
  const joined = await Promise.all(machines.map(joinAt))
  expect(joined.filter(({ state }) => state !== 'ready')).toEqual([])
  expect(new Set(joined.map(({ name }) => name)).size).toBe(count)
  const { stdout } = await centre.dynfarm('server', ['node', 'list', '--json'])
  expect(stdout.match(/"state":"ready"/g)).toHaveLength(count)
})

test('each of them reaches the service', async () => {
  const answers = await Promise.all(
    machines.map(async (machine) => (await machine.run(['ping', '-c1', '-i0.2', '-w20', ce])).code),
  )
  expect(answers).toEqual(machines.map(() => 0))
})
