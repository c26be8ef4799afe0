import { expect, test } from 'vitest'
import type { Command, Machine } from '../../../src/apply/machine.ts'
import { convergeLimits } from '../../../src/hub/limits/converge.ts'
import { holdBack } from '../../../src/hub/network/limits.ts'
import type { HubState } from '../../../src/hub/network/state.ts'
import { type HubLimit, type SiteLimit, unlimited } from '../../../src/net/limits/limits.ts'
import { bareHost } from '../../../src/net/network.ts'

const limitOf = (site: string): SiteLimit => ({
  ...{ site, device: `rx-${site}`, towards: 'nodes', rate: 20_000_000 },
  ...{ networks: ['10.200.1.0/24'], nodes: [['10.200.1.1']] },
})
const wanted = { tunnels: ['tun-wg'], sites: [limitOf('aruba'), limitOf('osaka')], hub: [] }

/** A kernel that says no to some commands. */
function machineThat(refuses: (command: string) => string | undefined) {
  const ran: string[] = []
  const other = async () => {
    throw new Error('nothing but commands here')
  }
  const machine: Machine = {
    ...{ readFile: other, writeFile: other, removeFile: other },
    run: async ({ argv, input = '' }: Command) => {
      const stderr = refuses(`${argv.join(' ')} ${input}`)
      if (stderr !== undefined) return { code: 2, stdout: '', stderr }
      ran.push(argv.join(' '))
      return { code: 0, stdout: '', stderr: '' }
    },
  }
  return { machine, ran }
}

test('a kernel without ifb holds back the sites with limits, and says why', async () => {
  const { machine } = machineThat((text) =>
    text.includes('type ifb') ? 'RTNETLINK answers: Operation not supported' : undefined,
  )
  const { held, failures } = await convergeLimits(wanted, bareHost, { machine })
  expect([...held.keys()]).toEqual(['aruba', 'osaka'])
  expect(held.get('aruba')).toContain('Operation not supported')
  expect(failures).toEqual([])
})

test('the trouble of one site is not the next one’s', async () => {
  const { machine, ran } = machineThat((text) =>
    text.includes('rx-aruba') ? 'no more of these' : undefined,
  )
  const { held, hasChanged } = await convergeLimits(wanted, bareHost, { machine })
  expect([...held.keys()]).toEqual(['aruba'])
  expect(hasChanged).toBe(true)
  expect(ran).toContain('tc -batch -')
})

const hub: HubLimit = {
  ...{ device: 'rx-all-sites', towards: 'nodes', rate: 30_000_000 },
  sites: [limitOf('aruba'), limitOf('osaka')].map((limit) => ({
    ...limit,
    device: 'rx-all-sites',
  })),
}

test.each([
  ['the device', 'type ifb'],
  ['the classes', 'classid 1:1 '],
])('where %s of the hub cannot be, all sites are held back, and told why', async (_, what) => {
  const { machine, ran } = machineThat((text) =>
    text.includes(what) ? 'no such thing' : undefined,
  )
  const wanting = { ...unlimited, tunnels: ['tun-wg'], hub: [hub] }
  const { held, heldAll, failures } = await convergeLimits(wanting, bareHost, { machine })
  expect(heldAll).toContain('no such thing')
  expect([...held]).toEqual(
    ['aruba', 'osaka'].map((site) => [site, `the hub's own limit: ${heldAll}`]),
  )
  expect(failures).toEqual([])
  expect(ran).not.toContain('tc -batch -')
})

test('below a hub’s limit too, the trouble of one site is not the next one’s', async () => {
  const { machine } = machineThat((text) => (text.includes(' handle 3: ') ? 'no room' : undefined))
  const wanting = { ...unlimited, hub: [hub] }
  const { held, heldAll } = await convergeLimits(wanting, bareHost, { machine })
  expect([...held.keys()]).toEqual(['aruba'])
  expect(heldAll).toBeUndefined()
})

test('a host without tc has no limits to keep, and nobody to hold back where none are wanted', async () => {
  const { machine } = machineThat((text) => (text.startsWith('tc ') ? 'not found' : undefined))
  const none = await convergeLimits(unlimited, bareHost, { machine })
  expect(none).toMatchObject({ failures: [], hasChanged: false, held: new Map() })
  const { held } = await convergeLimits(wanted, bareHost, { machine })
  expect([...held.keys()]).toEqual(['aruba', 'osaka'])
})

test('who is held back is as in quarantine, and nobody else', () => {
  const node = (id: string, site: string) => ({ id, site, quarantined: false })
  const nodes = [node('a', 'aruba'), node('o', 'osaka')]
  const held = holdBack({ nodes } as unknown as HubState, new Map([['aruba', 'no ifb']]))
  expect(held.nodes.map(({ id, quarantined }) => [id, quarantined])).toEqual([
    ['a', true],
    ['o', false],
  ])
})
