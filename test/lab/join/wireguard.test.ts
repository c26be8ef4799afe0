import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Centre, giveToken, startCentre } from './centre.ts'

let centre: Centre

beforeAll(async () => {
  centre = await startCentre()
})

afterAll(async () => {
  await centre?.stop()
})

test('a machine behind a NAT joins by WireGuard, and joining again changes nothing', async () => {
  const machine = centre.lab.host('aruba-a')
  await giveToken(centre, machine)
  const joined = await centre.dynfarm('aruba-a', ['join', '--json'])
  console.log(joined.stdout, joined.stderr, joined.code)
  expect(joined.code).toBe(0)
  expect((await machine.run(['ping', '-c1', '-w5', '192.0.2.22'])).code).toBe(0)
  const again = await centre.dynfarm('aruba-a', ['join', '--json'])
  console.log(again.stdout, again.stderr, again.code)
})
