import { describe, expect, test } from 'vitest'
import { frame, nodeFilter, redirects } from '../../../src/net/limits/filters.ts'
import {
  type Limits,
  noLimits,
  type ObservedFilter,
  type ObservedLimits,
  type SiteLimit,
  unlimited,
} from '../../../src/net/limits/limits.ts'
import { planLimits } from '../../../src/net/limits/plan.ts'
import { bareHost, type ObservedDevice, type ObservedNetwork } from '../../../src/net/network.ts'

const site: SiteLimit = {
  site: 'aruba',
  device: 'rx-aruba',
  towards: 'nodes',
  rate: 500_000_000,
  networks: ['10.200.1.0/24', 'fd00:200:1::/64'],
  nodes: [['10.200.1.1', 'fd00:200:1::1'], ['10.200.1.42']],
}
const wanted: Limits = { tunnels: ['tun-wg'], sites: [site], hub: [] }

const ifb = (name: string): ObservedDevice => ({ kind: 'ifb', name, mtu: 1500, up: true })
const host: ObservedNetwork = { ...bareHost, devices: [ifb('rx-aruba')] }

/** The lines of tc alone. */
function linesOf(limits: Limits, observed: ObservedLimits, network = host) {
  const { sites, removing } = planLimits(limits, observed, network)
  const text = (steps: typeof removing) =>
    steps
      .filter(({ argv: [program] }) => program === 'tc')
      .map(({ input }) => String(input))
      .join('')
  const adding = sites.flatMap(({ steps }) => steps)
  return { adding: text(adding).split('\n'), removing: text(removing).split('\n') }
}

/** As the kernel lists a site's tree, with the classes given to its nodes. */
function standing(limit: SiteLimit, ids: readonly number[]): ObservedLimits {
  const tree = { ...limit, major: 1 }
  const filters = [
    ...frame(tree),
    ...limit.nodes.flatMap((addresses, at) =>
      addresses.map((address) => nodeFilter(tree, address, ids[at] ?? 0)),
    ),
  ]
  const classes = new Map([1, 2, ...ids].map((id) => [id, limit.rate]))
  return {
    trees: new Map([[limit.device, { root: 'own', classes, filters: numbered(filters) }]]),
    tunnels: new Map([['tun-wg', { ingress: [], egress: numbered(redirects(limit, 'tun-wg')) }]]),
  }
}

function numbered(filters: readonly { key: string }[]): ObservedFilter[] {
  return filters.map(({ key }, at) => ({ pref: Number(key.split(' ')[0]), handle: `h${at}`, key }))
}

describe('the limits of several sites', () => {
  const osaka = {
    ...site,
    site: 'osaka',
    device: 'rx-osaka',
    networks: ['10.200.2.0/24'],
    nodes: [],
  }
  const both = { ...wanted, sites: [site, osaka] }
  const foreign = new Map([['rx-aruba', { group: 0, mtu: 1500, up: true }]])

  test('are a plan each, and one that is blocked keeps no other', () => {
    const taken = { ...bareHost, foreign: { ...bareHost.foreign, devices: foreign } }
    const [blocked, free] = planLimits(both, noLimits, taken).sites
    expect(blocked).toEqual({
      site: 'aruba',
      steps: [],
      blocked: 'a device "rx-aruba" is there that dynfarm did not make',
    })
    expect(free?.steps.map(({ argv }) => argv[0])).toEqual(['ip', 'tc'])
    expect(String(free?.steps[1]?.input)).not.toContain('rx-aruba')
  })

  test('each ask for the place of their filters, since either may be the first', () => {
    const { sites } = planLimits(both, noLimits, host)
    for (const { steps } of sites)
      expect(String(steps.at(-1)?.input)).toContain('qdisc replace dev tun-wg clsact\n')
  })

  test('leave the filters of one where only the other goes, and take its device away', () => {
    const before = standing(site, [3, 4])
    const there = { ...host, devices: [ifb('rx-aruba'), ifb('rx-osaka')] }
    const { removing } = planLimits(wanted, before, there)
    expect(removing.map(({ argv }) => argv.join(' '))).toEqual(['ip link del dev rx-osaka'])
  })
})

describe('the limit of a site', () => {
  test('is a tree on a device of its own, and filters that lead there', () => {
    const { adding, removing } = linesOf(wanted, noLimits)
    expect(removing).toEqual([''])
    expect(adding.filter((line) => / classid 1:2 /.test(line))).toHaveLength(1)
    expect(adding[0]).toBe('qdisc add dev rx-aruba root handle 1: htb default 2')
    expect(adding.at(-2)).toBe(
      'filter add dev tun-wg egress protocol ipv6 pref 7706 u32 match u32 0xfd000200 0xffffffff at 24 match u32 0x00010000 0xffffffff at 28 action mirred egress redirect dev rx-aruba',
    )
  })

  test('is left as it is, whatever classes its nodes have', () => {
    expect(planLimits(wanted, standing(site, [7, 5]), host)).toMatchObject({
      sites: [{ site: 'aruba', steps: [] }],
      removing: [],
    })
  })

  test('changes by one class and one filter for a node that comes, and for one that goes', () => {
    const more = { ...site, nodes: [...site.nodes, ['10.200.1.3']] }
    expect(linesOf({ ...wanted, sites: [more] }, standing(site, [7, 3]))).toEqual({
      adding: [
        expect.stringMatching(/^class replace dev rx-aruba parent 1:1 classid 1:4 /),
        expect.stringMatching(/ht 1:3: match u32 0x0ac80103 0xffffffff at 16 flowid 1:4$/),
        '',
      ],
      removing: [''],
    })
    expect(linesOf(wanted, standing(more, [7, 3, 4]))).toEqual({
      adding: [''],
      removing: [
        'filter del dev rx-aruba parent 1: pref 7704 handle h7 u32',
        'class del dev rx-aruba classid 1:4',
        '',
      ],
    })
  })

  test('with another rate changes its classes and no filter', () => {
    const faster = { ...site, rate: 800_000_000 }
    const { adding, removing } = linesOf({ ...wanted, sites: [faster] }, standing(site, [3, 4]))
    expect(adding.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['class replace', 'class replace', 'class replace', 'class replace', ''],
    ])
    expect(removing).toEqual([''])
  })

  test('leads nobody to a device that goes, and leaves the filters of others', () => {
    const before = standing(site, [3, 4])
    expect(linesOf(unlimited, before).removing).toEqual(['qdisc del dev tun-wg clsact', ''])
    const egress = before.tunnels.get('tun-wg')?.egress ?? []
    const foreign = { pref: 9, handle: '800::800', key: 'a foreign one' }
    const shared = new Map([['tun-wg', { ingress: [], egress: [foreign, ...egress] }]])
    expect(linesOf(unlimited, { ...before, tunnels: shared }).removing).toEqual([
      'filter del dev tun-wg egress pref 7704 handle h0 u32',
      'filter del dev tun-wg egress pref 7706 handle h1 u32',
      '',
    ])
  })

  test('takes the place of a foreign root', () => {
    const tree = { root: 'foreign', classes: new Map(), filters: [] } as const
    const { adding } = linesOf(wanted, { ...noLimits, trees: new Map([['rx-aruba', tree]]) })
    expect(adding.slice(0, 2)).toEqual([
      'qdisc del dev rx-aruba root',
      'qdisc add dev rx-aruba root handle 1: htb default 2',
    ])
  })

  test('gives each of a thousand nodes a class of its own, all together less than the rate', () => {
    const nodes = Array.from({ length: 1000 }, (_, at) => [`10.200.${at >> 8}.${at & 255}`])
    const { adding } = linesOf({ ...wanted, sites: [{ ...site, nodes }] }, noLimits)
    const flows = adding.flatMap((line) => / flowid (\S+)$/.exec(line)?.[1] ?? [])
    expect(new Set(flows).size).toBe(1000)
    const sure = adding.map((line) => Number(/parent 1:1 .* rate (\d+)bit/.exec(line)?.[1] ?? 0))
    expect((0xffff / 1001) * sure.reduce((sum, rate) => sum + rate)).toBeLessThan(site.rate)
  })
})
