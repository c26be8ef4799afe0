import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { planClosing } from '../../../src/client/join/closing.ts'
import { describeMachine } from '../../../src/client/join/facts.ts'
import { probeMtu } from '../../../src/client/join/mtu.ts'
import { closedNetwork, nodeNetwork } from '../../../src/client/join/network.ts'
import { refuseOverlap } from '../../../src/client/join/overlap.ts'
import { pauseAfter, persist } from '../../../src/client/join/persist.ts'
import { innerOf, type NodeAnswer, reachOf, withoutIPv6 } from '../../../src/client/join/reach.ts'
import { DynfarmError } from '../../../src/errors.ts'
import { bareHost } from '../../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../../src/net/plan-network.ts'
import { renderPlan } from '../../../src/plan/render.ts'

const answer = {
  node: { addresses: ['10.200.1.1'] },
  hubs: [{ name: 'hub1', inner: ['10.200.0.1', 'fd5a::1'] }],
  rungs: [[{ name: 'wg', addresses: ['203.0.113.10'] }]],
  services: [{ name: 'ce', addresses: ['192.0.2.22', '2001:db8:c::22'] }],
  site: { nodes: ['10.200.0.0/16'], 'node-to-node': false },
} as unknown as NodeAnswer

describe('the split tunnel', () => {
  const device = { kind: 'tun', name: 'tun-wg', mtu: 1400 } as const
  const textOf = (network: ReturnType<typeof nodeNetwork>) =>
    renderPlan(requireUnblocked(planNetwork(network, bareHost)))

  test('leads to the hub and the services alone, and nowhere without the device', () => {
    const text = textOf(nodeNetwork(reachOf(answer), device))
    expect(text).toContain(
      'route add 192.0.2.22/32 dev tun-wg proto 177 metric 1 src 10.200.1.1 mtu lock 1400',
    )
    expect(text).toContain('route add unreachable 192.0.2.22/32 proto 2 metric 4273')
    expect(text).not.toMatch(/default|0\.0\.0\.0|10\.200\.0\.0/)
  })

  test('leads nowhere for a family that the node has no inner address of', () => {
    const text = textOf(nodeNetwork(reachOf(answer), device))
    expect(text).toContain('route add unreachable 2001:db8:c::22/128')
    expect(text).not.toContain('2001:db8:c::22/128 dev')
  })

  test('is of IPv4 alone where the kernel has nothing else, and the node has both', () => {
    const both = { ...answer, node: { addresses: ['10.200.1.1', 'fd5a::1:1'] } } as typeof answer
    expect(textOf(nodeNetwork(reachOf(both), device))).toContain('2001:db8:c::22/128 dev tun-wg')
    const text = textOf(nodeNetwork(reachOf(withoutIPv6(both)), device))
    expect(text).toContain('addr add 10.200.1.1/32 dev tun-wg')
    expect(text).not.toMatch(/fd5a::1:1|2001:db8:c::22\/128 dev/)
    expect(innerOf(both, 'hub1', withoutIPv6(both).node.addresses)).toEqual(['10.200.0.1'])
    const ipv6 = { ...answer, node: { addresses: ['fd5a::1:1'] } } as typeof answer
    expect([ipv6, answer].map(withoutIPv6)).toEqual([ipv6, answer])
  })

  test('is closed without a tunnel', () => {
    expect(textOf(closedNetwork(reachOf(answer)))).not.toContain('dev ')
  })

  test('is closed at a boot by a file that changes only with what it closes', () => {
    const paths = { closed: '/s/closed.batch' }
    const content = ['10.200.0.1/32', '192.0.2.22/32', 'fd5a::1/128', '2001:db8:c::22/128']
      .map((to) => `route replace unreachable ${to} proto 2 metric 4273\n`)
      .join('')
    const plan = (former?: string) =>
      planClosing(paths, reachOf(answer), former === undefined ? former : Buffer.from(former))
    expect(plan()).toMatchObject([{ kind: 'file', path: '/s/closed.batch', content }])
    expect(plan('another\n')).toEqual(plan())
    expect(plan(content)).toEqual([])
  })

  test('leads to the other nodes only where the site says so', () => {
    const open = { ...answer, site: { ...answer.site, 'node-to-node': true } } as NodeAnswer
    expect(textOf(nodeNetwork(reachOf(open), device))).toContain('10.200.0.0/16 dev tun-wg')
  })
})

describe('an overlap', () => {
  const nothing = { addresses: [], routes: [], gateways: [], resolvers: [] }
  const refusal = (own: object, of = answer) => {
    try {
      refuseOverlap(of, reachOf(of), { ...nothing, ...own })
      return undefined
    } catch (error) {
      return (error as DynfarmError).message
    }
  }

  test.each([
    [
      { addresses: [{ address: '192.0.2.5/24', dev: 'eth0' }] },
      'this machine\'s "192.0.2.5/24" on "eth0"',
    ],
    [{ gateways: ['192.0.2.22'] }, 'the gateway "192.0.2.22"'],
    [{ resolvers: ['10.200.0.1'] }, 'the name server "10.200.0.1"'],
    [{ routes: ['10.0.0.0/8'] }, 'the route to "10.0.0.0/8"'],
    [{ routes: ['2001:db8:c::/64'] }, 'the route to "2001:db8:c::/64"'],
    [{ routes: ['10.200.77.0/24'] }, '(the inner addresses)'],
  ])('of %j is refused by name', (own, name) => {
    expect(refusal(own)).toContain(name)
  })

  test.each([
    [{ routes: ['0.0.0.0/0', '0.0.0.0/1', '128.0.0.0/1', '::/0'] }],
    [{ addresses: [{ address: '10.1.4.1/16', dev: 'eth0' }], gateways: ['10.1.0.1'] }],
    [{ resolvers: ['127.0.0.53'], routes: ['169.254.0.0/16', 'fe80::/64', 'ff00::/8'] }],
  ])('is none: %j', (own) => {
    expect(refusal(own)).toBeUndefined()
  })

  test('of a service and the far end of a tunnel would lead the tunnel into itself', () => {
    const services = [{ name: 'ui', addresses: ['203.0.113.10'] }]
    expect(refusal({}, { ...answer, services } as unknown as NodeAnswer)).toContain(
      'service "ui" too',
    )
  })
})

describe('the size of packets', () => {
  const upTo = (limit: number) => async (bytes: number) => bytes <= limit
  const range = { least: 576, most: 1420 }

  test('is the largest at once where that passes', async () => {
    const asked: number[] = []
    const carries = async (bytes: number) => asked.push(bytes) > 0
    expect([await probeMtu(carries, range), asked]).toEqual([1420, [1420]])
  })

  test.each([1419, 1300, 1000, 584, 576])('is found below %d', async (limit) => {
    const found = (await probeMtu(upTo(limit), range)) ?? 0
    expect(found).toBeLessThanOrEqual(limit)
    expect(found).toBeGreaterThan(limit - 8)
  })

  test('is found by two looks of many sizes at once', async () => {
    let [looks, open] = [0, 0]
    const carries = async (bytes: number) => {
      if (open === 0) looks += 1
      open += 1
      await new Promise((wake) => setImmediate(wake))
      open -= 1
      return bytes <= 1111
    }
    expect(await probeMtu(carries, range)).toBeGreaterThan(1103)
    expect(looks).toBe(3)
  })

  test('is the largest that passed, though a smaller packet was lost', async () => {
    const carries = async (bytes: number) => bytes <= 1300 && (bytes < 700 || bytes > 900)
    expect(await probeMtu(carries, range)).toBeGreaterThan(1292)
  })

  test('is none where the least does not pass', async () => {
    expect(await probeMtu(upTo(1278), { least: 1276, most: 1280 })).toBe(1278)
    expect(await probeMtu(upTo(575), range)).toBeUndefined()
  })
})

describe('trying again', () => {
  const failing = (code: ConstructorParameters<typeof DynfarmError>[0], times: number) => {
    let left = times
    return async () => {
      left -= 1
      if (left >= 0) throw new DynfarmError(code, 'no')
      return 'done'
    }
  }
  const patience = { until: performance.now() + 3_600_000, say: () => {}, random: () => -1 }

  test.each(['program-missing', 'no-rung', 'server-unreachable'] as const)(
    'goes on after %s',
    async (code) => {
      expect(await persist(failing(code, 3), patience)).toBe('done')
    },
  )

  test.each(['token-refused', 'config-invalid', 'usage'] as const)('ends at %s', async (code) => {
    await expect(persist(failing(code, 1), patience)).rejects.toMatchObject({ code })
  })

  test('ends at the deadline', async () => {
    const until = performance.now() - 1
    const over = persist(failing('server-unreachable', 1), { ...patience, until })
    await expect(over).rejects.toMatchObject({ code: 'server-unreachable' })
  })

  test.each([366, -366])('goes on while the clock is set, by %i days', async (days) => {
    const is = Date.now()
    const clock = vi.spyOn(Date, 'now')
    const attempt = failing('server-unreachable', 1)
    const setClock = async () => {
      clock.mockReturnValue(is + days * 86_400_000)
      return await attempt()
    }
    const none = { ...patience, until: performance.now() - 1 }
    expect(await persist(setClock, patience)).toBe('done')
    await expect(persist(failing('server-unreachable', 1), none)).rejects.toThrow('no')
    clock.mockRestore()
  })

  test('waits longer each time, a minute at most', () => {
    const pauses = [0, 1, 5, 6, 60].map((round) => pauseAfter(round, () => 1))
    expect(pauses).toEqual([1000, 2000, 32_000, 60_000, 60_000])
    expect(pauseAfter(0, () => 0)).toBe(500)
  })
})

test('what a machine says of itself is clean, whatever its files hold', () => {
  const raw = {
    ...{ hostname: 'vm 1\u001b[2J\n', machineId: 'abc\n', bootId: '', dmiUuid: 'ABC-1' },
    ...{ osRelease: 'ID="debian"\nVERSION_ID=12\nID_LIKE="$(reboot)"', kernel: '6.1 <b>' },
    ...{
      architecture: 'x86_64',
      cpuinfo: 'processor : 0\nprocessor : 1\n',
      stat: 'btime 1700000000\n',
    },
    ...{ meminfo: 'MemTotal:  2048000 kB\n', addresses: ['10.1.4.1'] },
    instanceData: JSON.stringify({
      v1: { instance_id: 'i-1', cloud_name: 'aws', region: { a: 1 } },
    }),
    sshHostKeys: 'ssh-ed25519 nonsense root@x\n',
  }
  expect(describeMachine(raw)).toEqual({
    facts: {
      ...{ hostname: 'vm-1--2J', os: 'debian', osVersion: '12', architecture: 'x86_64' },
      ...{
        cloud: 'aws',
        cpus: 2,
        memory: 2000,
        booted: 1_700_000_000_000,
        addresses: ['10.1.4.1'],
      },
    },
    identity: { machineId: 'abc', dmiUuid: 'abc-1', instanceId: 'i-1', bootId: null },
    sshHostKeys: [],
  })
  expect(describeMachine({ ...raw, instanceData: '{' }).identity.instanceId).toBeNull()
})

test.each([
  'dynfarm-closed.service',
  'dynfarm-join.service',
  'dynfarm-rejoin.service',
  'dynfarm-join.timer',
  'dynfarm-service.service',
])('systemd knows every line of %s', (name) => {
  const unit = join(import.meta.dirname, '../../../configs/systemd', name)
  expect(remarksOn(unit).filter((line) => new RegExp(`${name}:[0-9]`).test(line))).toEqual([])
})

/** It complains of programs that are not installed here, too, and fails by that. */
function remarksOn(unit: string): string[] {
  try {
    execFileSync('systemd-analyze', ['verify', unit], { stdio: 'pipe' })
    return []
  } catch (error) {
    const told = String((error as { stderr: unknown }).stderr)
    return told.split('\n').filter((line) => !line.includes('is not executable'))
  }
}
