import { afterAll, beforeAll, expect, test } from 'vitest'
import { pathsOf } from '../../../src/hub/tunnels/wanted.ts'
import { askStatus } from '../../../src/vpn/openvpn/commands.ts'
import { stateOf } from '../join/centre.ts'
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
  until,
} from './farm.ts'

const devices = () => farm.hub.host.must(['ip', '-o', 'link'])
const refusal = async (command: string) =>
  await dynfarm(farm, ...command.split(' ')).catch((error: Error) => error.message)

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

const state = '/var/lib/dynfarm'

test('on a disk that is read-only a hub does not start, and takes nothing away', async () => {
  const now = await devices()
  await farm.hub.host.must(['mount', '--bind', state, state])
  await farm.hub.host.must(['mount', '-o', 'remount,bind,ro', state])
  for (const command of ['hub', 'down', 'hub revoke aruba-1'])
    expect(await refusal(command)).toMatch(/ended with 71: .*cannot be written: .*read-only/s)
  await farm.hub.host.must(['umount', state])
  expect(await devices()).toBe(now)
})

test('on a disk that is full a hub runs, and says that it cannot keep what it knows', async () => {
  const script = `cp -a ${state} /run/kept; mount -t tmpfs -o size=128k none ${state}
    cp -a /run/kept/. ${state}/; dd if=/dev/zero of=${state}/filler bs=1k 2>/dev/null || true`
  await farm.hub.host.must(['sh', '-euc', script])
  running = startHub(farm)
  expect(await until(async () => running.said().includes('cannot be kept'))).toBe(true)
  expect(await devices()).toContain(' tun-wg')
  await running.kill()
  await farm.hub.host.must(['umount', state])
})

test('a hub that runs is neither taken down nor retired, and its nodes notice nothing', async () => {
  running = startHub(farm)
  expect(await until(async () => running.said().includes('begins'))).toBe(true)
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
  expect(await until(async () => (await devices()).includes(' vxl-ce'))).toBe(true)
  expect(await until(async () => (await devices()).includes(' tun-wg'))).toBe(true)
  await running.kill()
})

test('a hub that left is the host that it was, and no hub any more', async () => {
  await dynfarm(farm, 'leave')
  expect(await stateOf(farm.lab.host('hub1'))).toEqual(before)
  expect(await farm.hub.host.must(['ls', '/var/lib/dynfarm'])).toBe('')
  expect(await refusal('leave')).toContain('not joined')
})
