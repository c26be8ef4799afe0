import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathsOf } from '../../../src/hub/tunnels/wanted.ts'
import { askStatus } from '../../../src/vpn/openvpn/commands.ts'
import { stateOf, until } from '../join/centre.ts'
import {
  ce,
  connect,
  dynfarm,
  type Farm,
  giveKey,
  inner,
  type RunningHub,
  startFarm,
  startHub,
  stopFarm,
  tellHub,
} from './farm.ts'

const devices = () => farm.hub.host.must(['ip', '-o', 'link'])
const refusal = async (command: string) =>
  await dynfarm(farm, command).catch((error: Error) => error.message)

let farm: Farm
let running: RunningHub
let before: Record<string, string>

beforeAll(async () => {
  farm = await startFarm()
  before = await stateOf(farm.lab.host('hub1'))
  await giveKey(farm.b)
  await tellHub(farm, [farm.a.record, farm.b.record])
  running = startHub(farm)
  await connect(farm.ends, farm.a, 'wg')
  await connect(farm.ends, farm.b, 'tcp')
})

afterAll(async () => {
  await stopFarm(farm)
})

test('after a reboot without the server all is as it was, and who was revoked is still out', async () => {
  expect(await farm.a.host.reaches(ce)).toBe(true)
  expect(await farm.b.host.reaches(ce)).toBe(true)
  await dynfarm(farm, 'hub', 'revoke', 'node-1')
  await farm.lab.reboot('hub1')
  running = startHub(farm)
  expect(await farm.b.host.reaches(ce, 60)).toBe(true)
  expect(await farm.a.host.reaches(inner.hub, 3)).toBe(false)
})

test('a node is revoked where no hub process runs', async () => {
  await running.kill()
  expect(await farm.b.host.reaches(ce, 5)).toBe(true)
  await dynfarm(farm, 'hub', 'revoke', 'aruba-2')
  expect(await farm.b.host.reaches(ce, 2)).toBe(false)
  const told = await farm.hub.ask(pathsOf('tcp').management, askStatus, 'status')
  expect(told).toContainEqual({ kind: 'status', clients: [] })
  expect(await farm.hub.host.must(['wg', 'show', 'tun-wg', 'peers'])).toBe('')
  expect(await farm.hub.host.must(['find', pathsOf('tcp').clients, '-type', 'f'])).toBe('')
  expect(await farm.hub.host.must(['ip', 'route', 'show', 'to', inner.b])).toBe('')
  expect(
    await farm.hub.host.must(['nft', 'list', 'set', 'inet', 'dynfarm', 'nodes4']),
  ).not.toContain(inner.b)
})

test('a node that nobody knows is named', async () => {
  await expect(dynfarm(farm, 'hub', 'revoke', 'aruba-9')).rejects.toThrow(
    'this hub knows no node "aruba-9"',
  )
})

test('a hub that runs is neither taken down nor retired, and its nodes notice nothing', async () => {
  running = startHub(farm)
  await until(async () => running.said().includes('begins'))
  const now = await devices()
  for (const command of ['down', 'leave']) {
    expect(await refusal(command)).toContain('the hub "hub1" runs on this host')
    expect(await refusal(command)).toContain('systemctl disable --now dynfarm-hub')
  }
  expect(await devices()).toBe(now)
})

test('down takes away all that is in force, and the hub brings it back', async () => {
  await running.kill()
  await dynfarm(farm, 'down', '--dry-run')
  expect(await devices()).toContain(' tun-wg')
  await dynfarm(farm, 'down')
  expect(await stateOf(farm.lab.host('hub1'))).toEqual(before)
  running = startHub(farm)
  await until(async () => (await devices()).includes(' vxl-ce'))
  await until(async () => (await devices()).includes(' tun-wg'))
  await running.kill()
})

test('a hub that left is the host that it was, and no hub any more', async () => {
  await dynfarm(farm, 'leave')
  expect(await stateOf(farm.lab.host('hub1'))).toEqual(before)
  expect(await farm.hub.host.must(['ls', '/var/lib/dynfarm'])).toBe('')
  expect(await refusal('leave')).toContain('not joined')
})
