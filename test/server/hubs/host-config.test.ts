import { describe, expect, test } from 'vitest'
import { serviceLinks } from '../../../src/client/service-end.ts'
import { exampleLinkSecret } from '../../../src/pki/link-key.ts'
import { tlsCryptServerKey, tlsCryptSharedKey } from '../../../src/pki/tls-crypt.ts'
import { listFlows } from '../../../src/profile/flows.ts'
import { decode } from '../../../src/protocol/decode.ts'
import { centreConfig } from '../../../src/protocol/schema/centre-config.ts'
import { currentConfig } from '../../../src/server/hubs/current-config.ts'
import { type HostName, hostConfig } from '../../../src/server/hubs/host-config.ts'
import { servicesOf } from '../../../src/server/hubs/site-rules.ts'
import type { Keys } from '../../../src/server/keys.ts'
import { loadTexts } from '../../profile/load-texts.ts'
import { twoSites } from '../../profile/two-sites.ts'

const profile = await loadTexts(twoSites)
const configOf = (host: HostName) => hostConfig(profile, { linkSecret: exampleLinkSecret }, host)
const hub1 = configOf({ role: 'hub', name: 'hub1' })
const hub2 = configOf({ role: 'hub', name: 'hub2' })
const ce = configOf({ role: 'service', name: 'ce' })
const hosts: HostName[] = [
  ...['hub1', 'hub2', 'gone'].map((name) => ({ role: 'hub' as const, name })),
  ...['ce', 'disk', 'cups', 'mon', 'hub1'].map((name) => ({ role: 'service' as const, name })),
]

describe('the configuration of a host', () => {
  test.each(hosts)('is as the protocol has it: $role $name', (host) => {
    const config = configOf(host)
    expect(decode(centreConfig, config)).toStrictEqual({ value: config })
  })

  test('of a hub has the tunnels that end at it', () => {
    expect(hub1.tunnels).toEqual([
      {
        name: 'wg1',
        kind: 'wireguard',
        proto: 'udp',
        addresses: ['203.0.113.10', '2001:db8::10'],
        port: 51820,
      },
      {
        ...{ name: 'tcp', kind: 'openvpn', proto: 'tcp', addresses: ['203.0.113.12'], port: 443 },
        tlsCrypt: {
          server: tlsCryptServerKey(exampleLinkSecret, 'tcp'),
          shared: tlsCryptSharedKey(exampleLinkSecret, 'tcp'),
        },
      },
    ])
    expect(hub2.tunnels.map(({ name }) => name)).toEqual(['wg2'])
  })

  test('tells where other traffic to a port goes', async () => {
    const shared = await loadTexts({
      ...twoSites,
      'centre.yaml': twoSites['centre.yaml'].replace(
        'port: 443,',
        'port: 443, port-share: "127.0.0.1:8443",',
      ),
    })
    const { tunnels } = hostConfig(
      shared,
      { linkSecret: exampleLinkSecret },
      { role: 'hub', name: 'hub1' },
    )
    expect(tunnels.map((tunnel) => tunnel['port-share'])).toEqual([undefined, '127.0.0.1:8443'])
  })

  test('of a hub has the others, with one key for both ends', () => {
    expect(hub1.peers).toEqual([{ hub: 'hub2', kind: 'gre', key: hub2.peers?.[0]?.key }])
    expect(hub2.peers?.map(({ hub }) => hub)).toEqual(['hub1'])
    expect([...hub1.links, ...hub2.links].map(({ key }) => key)).not.toContain(hub1.peers?.[0]?.key)
    expect(ce.peers).toBeUndefined()
    expect(configOf({ role: 'hub', name: 'gone' }).peers).toEqual([])
  })

  test('has the links and the services that this host has to do with', () => {
    const links = ({ links }: typeof hub1) =>
      links.map(({ hub, service, kind }) => `${hub} ${service} ${kind}`)
    expect(links(hub1)).toEqual([
      'hub1 ce gre',
      'hub1 disk vxlan',
      'hub1 cups routed',
      'hub1 mon local',
    ])
    expect(hub1.services.map(({ name }) => name)).toEqual(['ce', 'disk', 'cups', 'mon'])
    expect(links(hub2)).toEqual(['hub2 ce gre'])
    expect(hub2.services).toEqual([
      {
        name: 'ce',
        addresses: ['192.0.2.22'],
        names: ['ce01.example.org', 'ce.example.org'],
        'from-nodes': ['tcp/9618', 'icmp'],
        'to-nodes': ['tcp/1024-65535'],
      },
    ])
    expect(links(ce)).toEqual(['hub1 ce gre', 'hub2 ce gre'])
    expect(ce.services).toEqual(hub2.services)
    expect(ce.tunnels).toEqual([])
    expect(links(configOf({ role: 'service', name: 'cups' }))).toEqual([])
    expect(links(configOf({ role: 'service', name: 'mon' }))).toEqual([])
  })

  test('has what a hub may move, of each in the directions where it is limited', async () => {
    const text = twoSites['centre.yaml'].replace(
      'local: 192.0.2.11 }',
      'local: 192.0.2.11, limits: { rx: 500Mbit } }',
    )
    const limited = await loadTexts({ ...twoSites, 'centre.yaml': text })
    const { hubs } = hostConfig(limited, { linkSecret: exampleLinkSecret }, hosts[1] as HostName)
    expect(hubs).toMatchObject([{ name: 'hub1' }, { name: 'hub2', rx: '500Mbit' }])
    expect(hubs.flatMap((hub) => ['rx', 'tx'].filter((way) => way in hub))).toEqual(['rx'])
  })

  test('of a hub without root has every service routed, and nobody has a link to it', async () => {
    const text = twoSites['centre.yaml']
      .replace('local: 192.0.2.11 }', 'local: 192.0.2.11, rootless: true }')
      .replace(/wg2: .*/, 'wg2: { kind: openvpn, hub: hub2, proto: udp, port: 1194 }')
    const ladder = twoSites['sites/aruba.yaml'].replace('[[wg1, wg2], tcp]', '[wg1, wg2, tcp]')
    const rootless = await loadTexts({
      ...twoSites,
      ...{ 'centre.yaml': text, 'sites/aruba.yaml': ladder },
    })
    const [one, two, service] = hosts
      .filter(({ name }) => ['hub1', 'hub2', 'ce'].includes(name))
      .map((host) => hostConfig(rootless, { linkSecret: exampleLinkSecret }, host))
    expect(two?.links.map(({ service, kind }) => `${service} ${kind}`)).toEqual(['ce routed'])
    expect(two?.hubs.map(({ name, rootless }) => [name, rootless])).toEqual([
      ['hub1', undefined],
      ['hub2', true],
    ])
    expect([one?.peers, two?.peers]).toEqual([[], []])
    expect(one?.links.find(({ service }) => service === 'ce')?.kind).toBe('gre')
    expect(service?.links.map(({ hub }) => hub)).toEqual(['hub1'])
    expect((await serviceLinks(rootless, 'ce')).map(({ hub }) => hub.name)).toEqual(['hub1'])
    const flows = listFlows(rootless).filter(({ source }) => source === '192.0.2.11')
    expect(flows.map(({ destination, port }) => `${destination} ${port}`)).toEqual([
      'join.example.org 443',
      '192.0.2.22 9618',
      '192.0.2.22 ',
    ])
  })

  test('names hubs: to hubs all, to a service host those that it has a link to', () => {
    const names = ({ hubs }: typeof hub1) => hubs.map(({ name }) => name)
    expect(names(hub2)).toEqual(['hub1', 'hub2'])
    expect(names(ce)).toEqual(['hub1', 'hub2'])
    expect(names(configOf({ role: 'service', name: 'disk' }))).toEqual(['hub1'])
    expect(hub1.hubs[1]).toEqual({
      name: 'hub2',
      inner: ['10.200.0.2', 'fd5a:1:2::2'],
      local: ['192.0.2.11'],
      public: ['203.0.113.11'],
      'from-nodes': ['icmp'],
    })
  })

  test('says which nodes may reach which of these services', () => {
    expect(hub1.sites).toMatchObject([
      {
        site: 'aruba',
        nodes: ['fd5a:1:2::1:0/112', '10.200.1.0/24'],
        jobs: [],
        services: ['ce', 'disk'],
        classes: [{ name: 'cache', services: ['mon'] }],
        'node-to-node': false,
        'log-flows': false,
      },
      { site: 'hpc', jobs: ['10.200.64.0/29'], services: ['cups'], classes: [] },
    ])
    const services = ({ sites }: typeof hub1) =>
      sites.map(({ site, services, classes }) => [site, services, classes])
    expect(services(hub2)).toEqual([
      ['aruba', ['ce'], [{ name: 'cache', services: [] }]],
      ['hpc', [], []],
    ])
    expect(services(ce)).toEqual([['aruba', ['ce'], [{ name: 'cache', services: [] }]]])
  })

  test('has what a site limits, and where its flows are logged', async () => {
    const other = await loadTexts({
      ...twoSites,
      'centre.yaml': `${twoSites['centre.yaml']}log-flows: true\n`,
      'sites/hpc.yaml':
        `${twoSites['sites/hpc.yaml']}log-flows: false\nnode-to-node: true\n`.replace(
          'limits: { nodes: 2 }',
          'limits: { nodes: 2, rx: 500Mbit, tx: 20M, connections: 100 }',
        ),
    })
    const { sites } = hostConfig(
      other,
      { linkSecret: exampleLinkSecret },
      { role: 'hub', name: 'hub1' },
    )
    expect(sites.map((site) => site['log-flows'])).toEqual([true, false])
    expect(sites[1]).toMatchObject({
      rx: '500Mbit',
      tx: '20M',
      connections: 100,
      'node-to-node': true,
    })
  })

  test('of a host that is configured no more has nothing to hold', () => {
    expect(configOf({ role: 'hub', name: 'gone' })).toMatchObject({
      tunnels: [],
      links: [],
      services: [],
    })
    expect(configOf({ role: 'service', name: 'hub1' })).toMatchObject({
      hubs: [],
      tunnels: [],
      links: [],
      sites: [],
    })
  })

  test.each(['ce', 'disk'])(
    'has the links that %s ends by hand, with the same keys',
    async (name) => {
      const byHand = await serviceLinks(profile, name)
      const told = configOf({ role: 'service', name }).links
      const [atHub1] = hub1.links.filter(({ service }) => service === name)
      expect(told).toContainEqual(atHub1)
      expect(
        told.map(({ hub, kind, key, 'vxlan-port': port = 4789 }) => ({ hub, kind, key, port })),
      ).toEqual(byHand.map(({ hub, kind, key, port }) => ({ hub: hub.name, kind, key, port })))
    },
  )
})

test('is made once for each host, and known by its hash', () => {
  const keys = { linkSecret: exampleLinkSecret } as Keys
  const hub = currentConfig(profile, keys, { role: 'hub', name: 'ce' })
  const service = currentConfig(profile, keys, { role: 'service', name: 'ce' })
  expect(hub.config).toEqual(configOf({ role: 'hub', name: 'ce' }))
  expect(service.config).toEqual(ce)
  expect(service.hash).not.toBe(hub.hash)
  expect(currentConfig(profile, keys, { role: 'service', name: 'ce' })).toBe(service)
})

test.each([
  ['aruba', null, ['ce', 'disk']],
  ['aruba', 'cache', ['mon']],
  ['aruba', 'constructor', ['ce', 'disk']],
  ['unknown', null, []],
])('a node of %s, class %s, reaches %j', (site, ofClass, services) => {
  expect(servicesOf(profile, { site, class: ofClass })).toEqual(services)
})
