import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offerRelease } from '../../../src/server/enrol/release-offer.ts'
import { siteConfig } from '../../../src/server/enrol/site-config.ts'
import { enrolHub, giveToken, join, makeMachine } from '../machines.ts'
import { start } from './start.ts'

const file = (content: string, over: object = {}) => ({
  path: '/etc/key',
  content,
  mode: '0600',
  secret: true,
  ...over,
})

/** Each site and class has words of its own in every place where there can be some. */
const siteOf = (name: string, at: number) => ({
  site: name,
  nodes: `10.200.${at}.0/24`,
  tunnels: name === 'aruba' ? ['wg'] : ['udp'],
  services: name === 'aruba' ? ['ce'] : ['lsf'],
  hosts: { [`10.1.${at}.1`]: [`squid.${name}.test`] },
  files: [file(`secret of ${name} for {{node.name}}`)],
  commands: [{ name: `command of ${name}`, run: ['true', `{{fact.hostname}}`] }],
  checks: [{ name: `check of ${name}`, run: ['true'] }],
  labels: { place: name },
  classes: { worker: { files: [file(`secret of a worker of ${name}`, { path: '/etc/worker' })] } },
})

const options = {
  centre: {
    hubs: {
      hub1: { public: '192.0.2.1', inner: '10.200.0.1', local: '192.0.2.1' },
      hub2: { public: '192.0.2.2', inner: '10.200.0.2', local: '192.0.2.2' },
    },
    tunnels: {
      wg: { kind: 'wireguard', hub: 'hub1', port: 51820 },
      udp: { kind: 'openvpn', hub: 'hub2', proto: 'udp', port: 1194 },
    },
    services: {
      ce: { address: '192.0.2.22', names: ['ce.test'], 'from-nodes': ['tcp/1'], 'to-nodes': 'any' },
      lsf: { address: '192.0.2.21', names: ['lsf.test'], 'from-nodes': ['tcp/2'], 'to-nodes': [] },
    },
  },
  sites: { aruba: siteOf('aruba', 1), other: siteOf('other', 2) },
}

describe('what a node is told', () => {
  test("has nothing of another node, another class's files, or another site", async () => {
    const { server } = await start(options)
    await enrolHub(server, 'hub2')
    const tokens = new Map<string, string>()
    const tokenOf = async (site: string, ofClass: string | null) => {
      const key = `${site} ${ofClass}`
      const token = tokens.get(key) ?? (await giveToken(server, { site, class: ofClass }))
      tokens.set(key, token)
      return token
    }
    const foreign: string[] = []
    const kind = fc.record({
      site: fc.constantFrom('aruba', 'other'),
      class: fc.constantFrom(null, 'worker'),
      hostname: fc.stringMatching(/^host-[a-z0-9]{12}$/),
    })
    await fc.assert(
      fc.asyncProperty(kind, async ({ site, class: ofClass, hostname }) => {
        const token = await tokenOf(site, ofClass)
        const machine = await makeMachine({ facts: { hostname } })
        const { answer } = await join(server, machine, { token })
        const text = JSON.stringify(answer)
        const other = site === 'aruba' ? 'other' : 'aruba'
        const others = [`of ${other}`, `squid.${other}`, other === 'aruba' ? 'ce.test' : 'lsf.test']
        const hub = site === 'aruba' ? '"192.0.2.2"' : '"192.0.2.1"'
        const unwanted = [...others, hub, ...(ofClass === null ? ['of a worker'] : []), ...foreign]
        for (const word of unwanted) expect(text).not.toContain(word)
        expect(text).toContain(`secret of ${site} for ${answer.node.name}`)
        expect(text).toContain(hostname)
        const { wireguard, csr } = machine.request.keys
        foreign.push(hostname, wireguard, csr, answer.node.id, `"${answer.node.name}"`, token)
      }),
      { numRuns: 25 },
    )
  })

  test('has files that are no text in base64', async () => {
    const { server } = await start({
      sites: {
        aruba: { ...siteOf('aruba', 1), services: ['ce'], files: [file('é', { path: '/a' })] },
      },
      centre: { ...options.centre },
    })
    const { answer } = await join(server, await makeMachine(), { token: await giveToken(server) })
    expect(answer.site?.files).toEqual([
      { path: '/a', content: 'é', encoding: 'utf8', mode: '0600', secret: true },
    ])
    const config = {
      ...(answer.site as never as Parameters<typeof siteConfig>[0]),
      centre: { name: 'c', domain: 'd', nodes: [] },
      release: { version: 'latest', update: 'self' as const },
      files: [{ path: '/b', content: new Uint8Array([0xff, 0]) }],
    }
    const sent = siteConfig({ ...config, site: { nodes: [], 'node-to-node': false } } as never)
    expect(sent.files).toEqual([{ path: '/b', content: '/wA=', encoding: 'base64' }])
  })
})

describe('a release is offered', () => {
  const release = (version: string, platform = 'linux-x64') => ({
    version,
    platform,
    manifest: `{"version":"${version}"}`,
    signature: 's',
    hash: 'h',
    size: 1,
    created: 1,
    createdBy: 'anna',
  })
  const known = [
    ...['0.9.0', '1.2.0', '1.10.0', '1.3.0', '2.0.0-rc.1'].map((version) => release(version)),
    release('3.0.0', 'linux-arm64'),
  ]
  const offered = (running: string, version: string, update: 'self' | 'package' | 'off' = 'self') =>
    offerRelease(known, { version: running, platform: 'linux-x64' }, { version, update })?.version

  test.each([
    ['1.2.0', 'latest', '1.10.0'],
    ['1.10.0', 'latest', undefined],
    ['1.11.0', 'latest', undefined],
    ['1.2.0', '1.3.0', '1.3.0'],
    ['1.10.0', '1.3.0', '1.3.0'],
    ['1.3.0', '1.3.0', undefined],
    ['1.3.0', '9.9.9', undefined],
    ['1.3.0', '3.0.0', undefined],
    ['1.3.0', '2.0.0-rc.1', '2.0.0-rc.1'],
  ])('to who runs %s where the site says %s: %s', (running, version, wanted) => {
    expect(offered(running, version)).toBe(wanted)
  })

  test('only where machines update themselves, as it was signed', () => {
    expect(offered('1.2.0', 'latest', 'package')).toBeUndefined()
    expect(offered('1.2.0', 'latest', 'off')).toBeUndefined()
    const site = { version: '1.3.0', update: 'self' } as const
    expect(offerRelease(known, { version: '1.2.0', platform: 'linux-x64' }, site)).toEqual({
      version: '1.3.0',
      platform: 'linux-x64',
      statement: { text: '{"version":"1.3.0"}', signature: 's' },
    })
  })
})
