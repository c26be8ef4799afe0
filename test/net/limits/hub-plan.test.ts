import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type HubLimit,
  noLimits,
  type ObservedLimits,
  type SiteLimit,
  unlimited,
} from '../../../src/net/limits/limits.ts'
import { planLimits } from '../../../src/net/limits/plan.ts'
import { bareHost, type ObservedDevice } from '../../../src/net/network.ts'
import type { CommandStep } from '../../../src/plan/step.ts'
import { FakeTc } from './fake-tc.ts'

const device = 'rx-all-sites'
const most = 500_000_000
const ifb = (name: string): ObservedDevice => ({ kind: 'ifb', name, mtu: 1500, up: true })
const host = { ...bareHost, devices: [ifb(device)] }

/** A site with so many nodes, named after its network. */
function site(number: number, count: number, rate = most): SiteLimit {
  const nodes = Array.from({ length: count }, (_, at) => [`10.200.${number}.${at + 1}`])
  const networks = [`10.200.${number}.0/24`]
  return { site: `site${number}`, device, towards: 'nodes', rate, networks, nodes }
}

function hub(sites: readonly SiteLimit[], rate = most): HubLimit {
  return { device, towards: 'nodes', rate, sites }
}

const wanting = (limit: HubLimit, tunnels = ['tun-wg']) => ({ ...unlimited, tunnels, hub: [limit] })

function linesOf(steps: readonly CommandStep[]): string[] {
  const batches = steps.filter(({ argv: [program] }) => program === 'tc')
  return batches.flatMap(({ input }) => String(input).trimEnd().split('\n'))
}

/** Brings the device to what is wanted, and gives the lines that it took. */
function converge(tc: FakeTc, limit: HubLimit): string[] {
  const tree = tc.observed()
  const observed: ObservedLimits =
    tree === undefined ? noLimits : { ...noLimits, trees: new Map([[device, tree]]) }
  const { hub, sites, removing } = planLimits(wanting(limit, []), observed, host)
  const lines = linesOf([...hub.steps, ...sites.flatMap(({ steps }) => steps), ...removing])
  for (const line of lines) tc.run(line)
  return lines
}

describe('the limit of a hub', () => {
  test('is a tree with a class for each site, and behind each of them a tree of its own', () => {
    const limit = hub([site(1, 1), site(2, 1, 20_000_000)])
    const { hub: whole, sites } = planLimits(wanting(limit), noLimits, bareHost)
    expect(whole.steps.map(({ argv }) => argv[0])).toEqual(['ip', 'tc'])
    expect(linesOf(whole.steps)).toMatchInlineSnapshot(`
      [
        "qdisc add dev rx-all-sites root handle 1: htb default 2",
        "class replace dev rx-all-sites parent 1: classid 1:1 htb rate 500000000bit burst 62500 ceil 500000000bit cburst 62500 quantum 62500",
        "class replace dev rx-all-sites parent 1:1 classid 1:2 htb rate 7624bit burst 1600 ceil 500000000bit cburst 62500 quantum 62500",
        "class replace dev rx-all-sites parent 1:1 classid 1:3 htb rate 7624bit burst 1600 ceil 500000000bit cburst 62500 quantum 62500",
        "class replace dev rx-all-sites parent 1:1 classid 1:4 htb rate 7624bit burst 1600 ceil 20000000bit cburst 16384 quantum 62500",
        "filter add dev rx-all-sites parent 1: protocol ip pref 7704 u32 match u32 0x0ac80100 0xffffff00 at 16 flowid 1:3",
        "filter add dev rx-all-sites parent 1: protocol ip pref 7704 u32 match u32 0x0ac80200 0xffffff00 at 16 flowid 1:4",
        "qdisc replace dev tun-wg clsact",
        "filter add dev tun-wg egress protocol ip pref 7704 u32 match u32 0x00000000 0x00000000 at 16 action mirred egress redirect dev rx-all-sites",
        "filter add dev tun-wg egress protocol ipv6 pref 7706 u32 match u32 0x00000000 0x00000000 at 24 action mirred egress redirect dev rx-all-sites",
      ]
    `)
    expect(sites.map((one) => [one.site, ...linesOf(one.steps)])).toMatchInlineSnapshot(`
      [
        [
          "site1",
          "qdisc add dev rx-all-sites parent 1:3 handle 3: htb default 2",
          "class replace dev rx-all-sites parent 3: classid 3:1 htb rate 4000000000bit burst 500000 ceil 4000000000bit cburst 500000 quantum 62500",
          "class replace dev rx-all-sites parent 3:1 classid 3:2 htb rate 7624bit burst 1600 ceil 4000000000bit cburst 500000 quantum 62500",
          "class replace dev rx-all-sites parent 3:1 classid 3:3 htb rate 7624bit burst 1600 ceil 4000000000bit cburst 500000 quantum 62500",
          "filter add dev rx-all-sites parent 3: protocol ip pref 7704 handle 1: u32 divisor 256",
          "filter add dev rx-all-sites parent 3: protocol ip pref 7704 u32 match u32 0 0 at 16 hashkey mask 0x000000ff at 16 link 1:",
          "filter add dev rx-all-sites parent 3: protocol ipv6 pref 7706 handle 2: u32 divisor 256",
          "filter add dev rx-all-sites parent 3: protocol ipv6 pref 7706 u32 match u32 0 0 at 36 hashkey mask 0x000000ff at 36 link 2:",
          "filter add dev rx-all-sites parent 3: protocol ip pref 7704 u32 ht 1:1: match u32 0x0ac80101 0xffffffff at 16 flowid 3:3",
        ],
        [
          "site2",
          "qdisc add dev rx-all-sites parent 1:4 handle 4: htb default 2",
          "class replace dev rx-all-sites parent 4: classid 4:1 htb rate 160000000bit burst 131072 ceil 160000000bit cburst 131072 quantum 3000",
          "class replace dev rx-all-sites parent 4:1 classid 4:2 htb rate 304bit burst 1600 ceil 160000000bit cburst 131072 quantum 3000",
          "class replace dev rx-all-sites parent 4:1 classid 4:3 htb rate 304bit burst 1600 ceil 160000000bit cburst 131072 quantum 3000",
          "filter add dev rx-all-sites parent 4: protocol ip pref 7704 handle 1: u32 divisor 256",
          "filter add dev rx-all-sites parent 4: protocol ip pref 7704 u32 match u32 0 0 at 16 hashkey mask 0x000000ff at 16 link 1:",
          "filter add dev rx-all-sites parent 4: protocol ipv6 pref 7706 handle 2: u32 divisor 256",
          "filter add dev rx-all-sites parent 4: protocol ipv6 pref 7706 u32 match u32 0 0 at 36 hashkey mask 0x000000ff at 36 link 2:",
          "filter add dev rx-all-sites parent 4: protocol ip pref 7704 u32 ht 1:1: match u32 0x0ac80201 0xffffffff at 16 flowid 4:3",
        ],
      ]
    `)
  })

  test('is left as it is', () => {
    const tc = new FakeTc()
    converge(tc, hub([site(1, 2), site(2, 1)]))
    expect(converge(tc, hub([site(1, 2), site(2, 1)]))).toEqual([])
  })

  test('has turns of one size for all sites, and room behind each for more than all of them', () => {
    const lines = converge(new FakeTc(), hub([site(1, 3), site(2, 1, 1_000_000), site(3, 0)]))
    const inner = lines.filter((line) => /^class .* parent 1:1 /.test(line))
    expect(new Set(inner.map((line) => / quantum (\d+)$/.exec(line)?.[1])).size).toBe(1)
    expect(new Set(inner.map((line) => / rate (\d+)bit /.exec(line)?.[1])).size).toBe(1)
    const tops = lines.flatMap((line) => / parent ([3-9]): .* ceil (\d+)bit/.exec(line) ?? [])
    expect(tops.filter((_, at) => at % 3 === 2).map(Number)).toEqual([
      ...[8 * most, 8_000_000, 8 * most],
    ])
  })

  test('changes by what a site has that comes, and by what one has that goes', () => {
    const tc = new FakeTc()
    converge(tc, hub([site(1, 2), site(2, 1)]))
    const coming = converge(tc, hub([site(3, 1), site(1, 2), site(2, 1)]))
    expect(coming.length).toBeGreaterThan(0)
    expect(coming.filter((line) => !/ (parent|classid) (5:|1:5)| flowid 1:5$/.test(line))).toEqual(
      [],
    )
    expect(converge(tc, hub([site(3, 1), site(2, 1)]))).toEqual([
      expect.stringMatching(/^filter del dev rx-all-sites parent 1: pref 7704 handle h\d+ u32$/),
      'class del dev rx-all-sites classid 1:3',
    ])
    expect(converge(tc, hub([site(2, 1), site(3, 1)]))).toEqual([])
  })

  test('with another rate changes shares and turns of all sites, whatever those have', () => {
    const tc = new FakeTc()
    const slow = site(2, 1, 1_000_000)
    converge(tc, hub([site(1, 1), slow]))
    const lines = converge(tc, hub([site(1, 1, 50_000_000), slow], 50_000_000))
    const ids = lines.flatMap((line) => / classid (1:\d+) /.exec(line)?.[1] ?? [])
    expect(ids).toEqual(['1:1', '1:2', '1:3', '1:4'])
    expect(lines.filter((line) => / classid 4:/.test(line))).toEqual([])
  })

  test('gives a class its queue back that somebody took the place of', () => {
    const tc = new FakeTc()
    const limit = hub([site(1, 1), site(2, 1)])
    converge(tc, limit)
    tc.intrude(4)
    const lines = converge(tc, limit)
    expect(lines.slice(0, 2)).toEqual([
      'qdisc del dev rx-all-sites parent 1:4',
      'qdisc add dev rx-all-sites parent 1:4 handle 4: htb default 2',
    ])
    expect(lines.filter((line) => !/ parent (1:4|4:)/.test(line))).toEqual([])
  })

  test('leads everything there before what stood for single sites goes', () => {
    const own = { ...site(1, 1), device: 'rx-site1' }
    const before = planLimits(
      { ...unlimited, tunnels: ['tun-wg'], sites: [own] },
      noLimits,
      bareHost,
    )
    expect(linesOf(before.sites.flatMap(({ steps }) => steps)).at(-1)).toMatch(/dev rx-site1$/)
    const redirect = {
      pref: 7704,
      handle: 'h1',
      key: '7704  0ac80100/ffffff00 at 16 redirect rx-site1',
    }
    const observed = {
      trees: new Map(),
      tunnels: new Map([['tun-wg', { ingress: [], egress: [redirect] }]]),
    }
    const there = { ...bareHost, devices: [ifb('rx-site1')] }
    const plan = planLimits(wanting(hub([site(1, 1)])), observed, there)
    expect(linesOf(plan.hub.steps).slice(-2)).toEqual([
      'filter add dev tun-wg egress protocol ip pref 7704 u32 match u32 0x00000000 0x00000000 at 16 action mirred egress redirect dev rx-all-sites',
      'filter add dev tun-wg egress protocol ipv6 pref 7706 u32 match u32 0x00000000 0x00000000 at 24 action mirred egress redirect dev rx-all-sites',
    ])
    expect(linesOf(plan.removing)).toEqual(['filter del dev tun-wg egress pref 7704 handle h1 u32'])
    expect(plan.removing.at(-1)?.argv.join(' ')).toBe('ip link del dev rx-site1')
  })

  test('is blocked as a whole by a device that is somebody else’s', () => {
    const foreign = {
      ...bareHost.foreign,
      devices: new Map([[device, { group: 0, mtu: 1, up: true }]]),
    }
    const { hub: whole } = planLimits(wanting(hub([])), noLimits, { ...bareHost, foreign })
    expect(whole.blocked).toBe('a device "rx-all-sites" is there that dynfarm did not make')
  })

  test('whatever sites, nodes and rates become, is reached in one go, and nobody is moved for it', () => {
    const sites = fc.uniqueArray(
      fc.record({
        number: fc.integer({ min: 1, max: 6 }),
        count: fc.integer({ min: 0, max: 4 }),
        rate: fc.constantFrom(most, 1_000_000, 100_000),
      }),
      { selector: ({ number }) => number, maxLength: 6 },
    )
    const limit = fc.record({ sites, rate: fc.constantFrom(most, 2_000_000) })
    const settle = (all: {
      sites: { number: number; count: number; rate: number }[]
      rate: number
    }) =>
      hub(
        all.sites.map(({ number, count, rate }) => site(number, count, Math.min(rate, all.rate))),
        all.rate,
      )
    fc.assert(
      fc.property(fc.array(limit, { minLength: 2, maxLength: 4 }), (states) => {
        const tc = new FakeTc()
        for (const one of states.map(settle)) {
          const before = classesOf(tc)
          converge(tc, one)
          expect(converge(tc, one)).toEqual([])
          const after = classesOf(tc)
          for (const [who, id] of after) expect(before.get(who) ?? id).toBe(id)
        }
      }),
      { numRuns: 100 },
    )
  })
})

/** Of each site in the hub's tree, and of each node in its site's. */
function classesOf(tc: FakeTc): Map<string, string> {
  const tree = tc.observed()
  const inner = [...(tree?.inner ?? [])]
  const filters = [...(tree?.filters ?? []), ...inner.flatMap(([, { filters }]) => filters)]
  return new Map(
    filters.flatMap(({ key }) => {
      const [, who, id] = /^\d+ (?:\S*) (\S+) at \d+ flowid (\S+)$/.exec(key) ?? []
      return who === undefined || id === undefined ? [] : [[who, id]]
    }),
  )
}
