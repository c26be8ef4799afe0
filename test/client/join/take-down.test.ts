import { expect, test } from 'vitest'
import type { FileState, Machine } from '../../../src/apply/machine.ts'
import { isBare, isOfNode, stillClosed } from '../../../src/client/join/take-down.ts'
import type { Tools } from '../../../src/client/observe-tools.ts'
import { DynfarmError } from '../../../src/errors.ts'
import { bareHost, LASTING_METRIC, type ObservedNetwork } from '../../../src/net/network.ts'

const tools: Tools = {
  ...{ supervisor: 'systemd', openvpn: undefined, runAs: undefined, ping: '/bin/ping' },
  ...{ hasKernelWireguard: true, wireguardGo: undefined },
}
const folder = '/run/dynfarm/node'
const unit = '/run/systemd/system/dynfarm-keepalive.service'
const device = { kind: 'wireguard', name: 'tun-wg', mtu: 1420, up: true } as const

/** With these files and folders, and no program that could be asked. */
function machineWith(...paths: readonly string[]): Machine {
  const refuse = async (): Promise<never> => {
    throw new Error('this is a look at files alone')
  }
  return {
    ...{ run: refuse, writeFile: refuse, removeFile: refuse },
    readFile: async (path): Promise<FileState | undefined> => {
      if (!paths.includes(path)) return undefined
      if (path === folder) throw new DynfarmError('file-refused', `"${path}" is a folder`)
      return { content: Buffer.from(''), mode: 0o644, uid: 0, gid: 0 }
    },
  }
}

test.each<[string, boolean, Machine, Partial<ObservedNetwork>]>([
  ['nothing of dynfarm', true, machineWith(), {}],
  ['the folder of its processes', false, machineWith(folder), {}],
  ['the unit that keeps a tunnel awake', false, machineWith(unit), {}],
  ['a device of dynfarm', false, machineWith(), { devices: [device] }],
  [
    'an address of dynfarm',
    false,
    machineWith(),
    { addresses: [{ dev: 'lo', address: '10.2.0.1/32' }] },
  ],
])('a machine with %s: bare is %s', async (_, bare, machine, found) => {
  expect(await isBare({ machine, tools, network: { ...bareHost, ...found } })).toBe(bare)
})

const closed = {
  key: 'a',
  table: 254,
  to: '192.0.2.22/32',
  unreachable: true,
  metric: LASTING_METRIC,
} as const
const open = { key: 'b', table: 254, to: '192.0.2.22/32', dev: 'tun-wg' } as const

test('where nothing says what to close, what is closed stays so, and nothing else', () => {
  expect(stillClosed({ routes: [open, closed] })).toMatchObject({ devices: [], routes: [closed] })
})

test('a machine that lost all it knew was a node where the way is closed so, and no hub is', () => {
  const firewall = { sets: new Map(), chains: new Map() } as unknown as NonNullable<
    ObservedNetwork['firewall']
  >
  expect(isOfNode({ routes: [open, closed] })).toBe(true)
  expect(isOfNode({ routes: [open] })).toBe(false)
  expect(isOfNode({ routes: [open, closed], firewall })).toBe(false)
})
