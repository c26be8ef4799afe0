import { expect, test } from 'vitest'
import type { Command } from '../../src/apply/machine.ts'
import { lacksIPv6, observeNetwork } from '../../src/client/observe-network.ts'
import { nothing } from '../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../src/net/plan-network.ts'
import { settingsReading } from '../../src/net/settings.ts'
import { renderPlan } from '../../src/plan/render.ts'
import { NetworkHost } from '../fakes/network-host.ts'

/** As a kernel that was started with ipv6.disable=1 answers; it lists no routes of IPv6, and minds that in rules alone. */
class WithoutIPv6 extends NetworkHost {
  readonly settings: string

  constructor(settings: string) {
    super()
    this.settings = settings
  }

  override async run(command: Command) {
    const words = command.argv.join(' ')
    const stderr = 'RTNETLINK answers: Address family not supported by protocol\nDump terminated\n'
    if (words.includes('-6') && words.includes(' rule ')) return { code: 255, stdout: '[', stderr }
    if (command.argv[2] === settingsReading[2])
      return { code: 0, stdout: this.settings, stderr: '' }
    return await super.run(command)
  }
}

const ofIPv4 = 'net/ipv4/conf/all/forwarding:0\n'
const closed = ['192.0.2.22/32', '2001:db8::22/128']
const wanted = {
  ...nothing,
  routes: closed.map((to) => ({ table: 254, to, metric: 4273, unreachable: true as const })),
  rules: (['ipv4', 'ipv6'] as const).map((family) => ({
    ...{ family, iif: 'eth0', table: 7700, priority: 7000 },
  })),
}

test('a machine whose kernel has no IPv6 has nothing of it to close', async () => {
  const observed = await observeNetwork(new WithoutIPv6(ofIPv4))
  const text = renderPlan(requireUnblocked(planNetwork(wanted, observed)))
  expect(text).toContain('192.0.2.22/32')
  expect(text).not.toMatch(/2001:db8|ip -6/)
  expect(await lacksIPv6(new WithoutIPv6(ofIPv4))).toBe(true)
  expect(await lacksIPv6(new WithoutIPv6(`${ofIPv4}net/ipv6/conf/lo/forwarding:0\n`))).toBe(false)
})

test('rules that cannot be listed are no sign of that where there is IPv6', async () => {
  const machine = new WithoutIPv6(`${ofIPv4}net/ipv6/conf/all/forwarding:0\n`)
  await expect(observeNetwork(machine)).rejects.toMatchObject({
    code: 'command-failed',
    message: expect.stringContaining('Address family not supported'),
  })
})
