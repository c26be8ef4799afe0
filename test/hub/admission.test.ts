import { describe, expect, test } from 'vitest'
import { observeNetwork } from '../../src/client/observe-network.ts'
import { planAdmission } from '../../src/hub/admission.ts'
import { comersOf, type Told } from '../../src/hub/comers.ts'
import type { FeedNode, Known } from '../../src/hub/known.ts'
import { takeFeed } from '../../src/hub/known.ts'
import type { HubState } from '../../src/hub/network/state.ts'
import { hubNetwork } from '../../src/hub/network/wanted.ts'
import { rosterOf } from '../../src/hub/roster.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { renderPlan } from '../../src/plan/render.ts'
import { NetworkHost } from '../fakes/network-host.ts'
import { runSteps } from '../net/support/apply.ts'
import { makeHub } from './acting.ts'
import { config, feed, feedNode, known, wireguardKey } from './records.ts'

const told = (of: Known): Told => ({ known: of, nodes: rosterOf(of).nodes })
const before = known(feedNode(1), feedNode(2))
const delta = (...nodes: FeedNode[]) => {
  const { config: _, ...rest } = feed({ kind: 'delta', position: 'one.6', nodes })
  return takeFeed(before, rest)
}
const comers = (now: Known, then = before) => comersOf(told(then), told(now))?.map(({ id }) => id)

describe('who comes', () => {
  test('is told from who is there', () => {
    expect(comers(delta(feedNode(3), feedNode(4)))).toEqual(['n4', 'n3'])
  })

  test('is nobody where a node only says how it is', () => {
    expect(comers(delta(feedNode(1, { state: 'failed', generation: 9 })))).toEqual([])
  })

  test('may have waited for an administrator', () => {
    const waiting = takeFeed(
      before,
      feed({ nodes: [feedNode(1), feedNode(2, { state: 'pending' })] }),
    )
    const now = takeFeed(waiting, { ...feed({ kind: 'delta' }), nodes: [feedNode(2)] })
    expect(comers({ ...now, config: waiting.config }, waiting)).toEqual(['n2'])
  })

  test.each<[string, Known]>([
    ['a node that goes', delta(feedNode(1, { freed: 7 }), feedNode(3))],
    ['a node that was revoked', delta(feedNode(1, { state: 'revoked' }), feedNode(3))],
    ['a node in quarantine', delta(feedNode(1, { state: 'quarantined' }))],
    ['another key of a node', delta(feedNode(1, { wireguardKey: wireguardKey(9) }), feedNode(3))],
    ['a second certificate', delta(feedNode(1, { previousCertificate: `5${'0'.repeat(31)}` }))],
    ['one who takes the address of another', delta(feedNode(3, { addresses: ['10.200.0.1'] }))],
    ['another configuration', { ...delta(feedNode(3)), config: { ...config } }],
    ['a revocation of this hub’s own', { ...before, revoked: new Set(['n9']) }],
    ['another host', { ...before, hosts: new Map([['h', {} as never]]) }],
  ])('%s is more than that', (_, now) => {
    expect(comers(now)).toBeUndefined()
  })

  test('one whose coming lets another in who had been left out is more than that', () => {
    // The third has the key of the first; the fourth takes the third's address, so the first is in again.
    const third = feedNode(3, { wireguardKey: wireguardKey(1) })
    const then = takeFeed(before, feed({ kind: 'delta', nodes: [third] }))
    const fourth = feedNode(4, { addresses: third.addresses })
    const now = takeFeed(then, feed({ kind: 'delta', nodes: [fourth] }))
    const [one, other] = [then, now].map((of) => told({ ...of, config }).nodes.length)
    expect([one, other]).toEqual([2, 3])
    expect(comers({ ...now, config }, { ...then, config })).toBeUndefined()
  })
})

describe('the admission', () => {
  const tunnels = ['wg', 'udp'].map((name) => ({
    kind: 'tun' as const,
    name: `tun-${name}`,
    mtu: 1420,
  }))
  const state: HubState = {
    ...{ hub: 'hub1', config: { ...config, links: [] }, tunnels, nodes: told(before).nodes },
    ...{ seats: new Map(), ways: new Map(), closed: { ipv4: [], ipv6: false } },
  }
  const { identity } = makeHub(before).hub
  const about = {
    state,
    identity: { ...identity, wireguard: { private: '', public: wireguardKey(500) } },
  }
  const third = told(delta(feedNode(3))).nodes.filter(({ id }) => id === 'n3')

  test('is what a whole round would do for them, and leaves it nothing', async () => {
    const host = new NetworkHost()
    const round = async (nodes: HubState['nodes']) =>
      planNetwork(hubNetwork({ ...state, nodes }), await observeNetwork(host)).steps
    await runSteps(host, await round(state.nodes))
    const [firewall = []] = planAdmission(third, about) ?? []
    await runSteps(host, firewall as never)
    expect(await round([...state.nodes, ...third])).toEqual([])
    expect(await round(state.nodes)).not.toEqual([])
  })

  test('names them alone', () => {
    expect(renderPlan((planAdmission(third, about) ?? []).flat())).toMatchInlineSnapshot(`
      "nft -f -  # guard what dynfarm makes
          add element inet dynfarm nodes4 { 10.200.0.3 }
          add element inet dynfarm active4 { 10.200.0.3 }
          add element inet dynfarm nodes4_aruba { 10.200.0.3 }
      wg set tun-wg peer AAAAAAAAA+sAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= preshared-key /dev/null persistent-keepalive 0 allowed-ips 10.200.0.3/32  # let peers in
      sh -c $'umask 022; new="$1/.new"; tab="$(printf "\\\\t")"\\x0arm -rf "$new" && mkdir "$new" || exit\\x0awhile IFS="$tab" read -r name text; do printf %b "$text" >"$new/$name" || exit; done\\x0afind "$new" -type f -exec mv -f -t "$1" {} + && rmdir "$new"' sh /run/dynfarm-hub/udp/clients  # let certificates in
          40000000000000000000000000000003	ifconfig-push 10.200.0.3 255.255.255.255\\n"
    `)
  })

  test.each<[string, Partial<HubState>]>([
    [
      'a site with limits',
      {
        config: {
          ...state.config,
          sites: state.config.sites.map((site) => ({ ...site, rx: '1Gbit' })),
        },
      },
    ],
    [
      'a node that another hub has',
      {
        config: {
          ...state.config,
          hubs: [
            ...config.hubs,
            { ...config.hubs[0], name: 'hub2', inner: ['10.200.255.2'], local: ['192.0.2.11'] },
          ],
          peers: [{ hub: 'hub2', kind: 'vxlan', key: 79 }],
        } as never,
        elsewhere: new Map([['n3', { hub: 'hub2' }]]),
      },
    ],
  ])('of %s is for a whole round', (_, other) => {
    expect(planAdmission(third, { ...about, state: { ...state, ...other } })).toBeUndefined()
  })
})
