import { describe, expect, it } from 'vitest'
import type { Chain, Firewall, NamedSet } from '../../../src/net/nft/firewall.ts'
import { planFirewall } from '../../../src/net/nft/plan.ts'
import { type Ruleset, renderFirewall } from '../../../src/net/nft/ruleset.ts'

const forward: Chain = {
  name: 'forward',
  hook: { type: 'filter', at: 'forward', priority: 0, policy: 'accept' },
  rules: [{ match: [{ on: 'iifname', in: '@tunnels' }], actions: ['drop'] }],
}
const tunnels: NamedSet = { name: 'tunnels', type: 'ifname', elements: ['t1', 't2'] }
const nodes: NamedSet = { name: 'nodes', type: 'ipv4_addr', elements: ['10.0.0.1', '10.0.0.2'] }
const before: Firewall = { sets: [tunnels, nodes], chains: [forward] }

function plan(wanted: Firewall | undefined, observed: Ruleset | undefined) {
  const { closing, opening } = planFirewall(wanted, observed)
  const text = (steps: typeof closing) =>
    steps.map(({ input }) => String(input).trim().replaceAll(' inet dynfarm', '')).join('')
  const undo = (steps: typeof closing) =>
    steps
      .map(({ undo }) => String(undo?.[0]?.input).trim().replaceAll(' inet dynfarm', ''))
      .join('')
  return { closing: text(closing), opening: text(opening), undo: undo(closing) }
}

describe('a firewall that is there', () => {
  it('is left alone when it is as it should be', () => {
    expect(plan(before, renderFirewall(before))).toEqual({ closing: '', opening: '', undo: '' })
  })

  it('loses and wins elements, and no more', () => {
    const wanted = { ...before, sets: [tunnels, { ...nodes, elements: ['10.0.0.2', '10.0.0.3'] }] }
    expect(plan(wanted, renderFirewall(before))).toEqual({
      closing: 'delete element nodes { 10.0.0.1 }\nadd element nodes { 10.0.0.3 }',
      opening: '',
      undo: 'delete element nodes { 10.0.0.3 }\nadd element nodes { 10.0.0.1 }',
    })
  })

  it('lets a device go only after all else', () => {
    const wanted = { ...before, sets: [{ ...tunnels, elements: ['t2', 't3'] }, nodes] }
    expect(plan(wanted, renderFirewall(before))).toEqual({
      closing: 'add element tunnels { "t3" }',
      opening: 'delete element tunnels { "t1" }',
      undo: 'delete element tunnels { "t3" }',
    })
  })

  it('has a changed chain replaced as a whole', () => {
    const chain = { ...forward, rules: [...forward.rules, { actions: ['accept' as const] }] }
    expect(plan({ ...before, chains: [chain] }, renderFirewall(before))).toEqual({
      closing:
        'flush chain forward\nadd rule forward iifname @tunnels drop\nadd rule forward accept',
      opening: '',
      undo: 'flush chain forward\nadd rule forward iifname @tunnels drop',
    })
  })

  it('gets new names before the rules that use them', () => {
    const site: Chain = {
      name: 'site',
      rules: [{ match: [{ on: 'ip saddr', in: '@more' }], actions: ['accept'] }],
    }
    const chain = { ...forward, rules: [{ actions: [{ jump: 'site' }] }] }
    const more: NamedSet = { name: 'more', type: 'ipv4_addr', elements: ['10.1.1.1'] }
    expect(plan({ sets: [tunnels, more], chains: [site, chain] }, renderFirewall(before))).toEqual({
      closing: [
        'add set more { type ipv4_addr; }',
        'add chain site',
        'flush chain site',
        'flush chain forward',
        'add rule site ip saddr @more accept',
        'add rule forward jump site',
        'delete set nodes',
        'add element more { 10.1.1.1 }',
      ].join('\n'),
      opening: '',
      undo: [
        'add set nodes { type ipv4_addr; }',
        'flush chain site',
        'flush chain forward',
        'add rule forward iifname @tunnels drop',
        'delete chain site',
        'delete set more',
        'add element nodes { 10.0.0.1, 10.0.0.2 }',
      ].join('\n'),
    })
  })

  it.each<[string, Ruleset]>([
    [
      'of another hook',
      renderFirewall({
        ...before,
        chains: [
          { ...forward, hook: { type: 'filter', at: 'forward', priority: 7, policy: 'accept' } },
        ],
      }),
    ],
    [
      'of another policy',
      renderFirewall({
        ...before,
        chains: [
          { ...forward, hook: { type: 'filter', at: 'forward', priority: 0, policy: 'drop' } },
        ],
      }),
    ],
    [
      'with a set of another type',
      renderFirewall({ ...before, sets: [tunnels, { name: 'nodes', type: 'ipv6_addr' }] }),
    ],
    ['with something strange', { ...renderFirewall(before), strange: true }],
  ])('%s is made anew in one transaction', (_, observed) => {
    expect(plan(before, observed).closing).toBe(
      [
        'add table',
        'delete table',
        'add table',
        'add set tunnels { type ifname; }',
        'add set nodes { type ipv4_addr; }',
        'add chain forward { type filter hook forward priority 0; policy accept; }',
        'flush chain forward',
        'add rule forward iifname @tunnels drop',
        'add element tunnels { "t1", "t2" }',
        'add element nodes { 10.0.0.1, 10.0.0.2 }',
      ].join('\n'),
    )
  })

  it('is not written with a rule that has no words', () => {
    const chain = {
      spec: 'type filter hook forward priority 0; policy accept;',
      rules: ['? [{"xt":null}]'],
    }
    const observed = { ...renderFirewall(before), chains: new Map([['forward', chain]]) }
    expect(plan(before, observed)).toEqual({
      closing: 'flush chain forward\nadd rule forward iifname @tunnels drop',
      opening: '',
      undo: 'flush chain forward',
    })
  })
})

it('a firewall no longer wanted goes last', () => {
  expect(plan(undefined, renderFirewall(before))).toEqual({
    closing: '',
    opening: 'delete table',
    undo: '',
  })
})
