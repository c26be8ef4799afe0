import { expect, test } from 'vitest'
import type { Machine } from '../../../src/apply/machine.ts'
import { Usage } from '../../../src/hub/limits/usage.ts'
import type { SiteLimit } from '../../../src/net/limits/limits.ts'

const limit: SiteLimit = {
  ...{ site: 'aruba', device: 'rx-aruba', towards: 'nodes', rate: 20_000_000 },
  ...{ networks: [], nodes: [['10.200.1.1']] },
}
const trees = new Map([[limit, { major: 1, ids: new Map([['10.200.1.1', 3]]) }]])
const none = { sites: [], hub: [], held: new Map<string, string>(), trees: new Map() }
const inForce = { ...none, sites: [limit], trees }
const nothing = { peak: 0, average: 0, dropped: 0 }

function machineWith(bytes: number[]): Machine {
  const other = async () => {
    throw new Error('nothing but commands here')
  }
  return {
    ...{ readFile: other, writeFile: other, removeFile: other },
    run: async ({ argv }) => {
      expect(argv).toEqual(['tc', '-s', 'class', 'show', 'dev', 'rx-aruba'])
      const sent = (id: number) =>
        `class htb 1:${id} root\n Sent ${bytes[0]} bytes 1 pkt (dropped 2,\n`
      const stdout = `${sent(1)}${sent(3)}`
      bytes.shift()
      return { code: 0, stdout, stderr: '' }
    },
  }
}

test('a site and its node are told with their limit; of others there is nothing to tell', async () => {
  const usage = new Usage()
  usage.follow(inForce)
  const machine = machineWith([0, 1000])
  await usage.look(machine)
  expect(usage.ofSites()).toEqual([{ site: 'aruba', rx: { limit: 20_000_000, ...nothing } }])
  await usage.look(machine)
  const node = { site: 'aruba', addresses: ['10.200.1.1'] }
  expect(usage.ofNode(node)?.rx?.peak).toBeGreaterThan(0)
  expect(usage.ofSites()[0]?.rx?.average).toBeGreaterThan(0)
  expect(usage.ofNode({ site: 'osaka', addresses: ['10.200.2.1'] })).toBeUndefined()
})

test('below a hub’s limit, each tree on its device is counted by itself', async () => {
  const device = 'rx-all-sites'
  const [aruba, osaka] = ['aruba', 'osaka'].map((site) => ({ ...limit, site, device }))
  if (aruba === undefined || osaka === undefined) throw new Error('two sites')
  const hub = [{ device, towards: 'nodes', rate: 30_000_000, sites: [aruba, osaka] } as const]
  const trees = new Map([
    [aruba, { major: 10, ids: new Map([['10.200.1.1', 3]]) }],
    [osaka, { major: 4, ids: new Map() }],
  ])
  const usage = new Usage()
  const inForce = { ...none, hub, trees }
  usage.follow(inForce)
  let looks = 0
  const run: Machine['run'] = async ({ argv }) => {
    expect(argv.at(-1)).toBe(device)
    const lines = [
      ...['1:1 root 0 0', '1:a parent 700 5', '1:4 parent 300 1', 'a:1 root 700 0'],
      ...['a:3 parent 500 4', 'a:2 parent 200 1', '4:1 root 300 0', '4:2 parent 300 1'],
    ].map((text) => {
      const [id, where, bytes, dropped] = text.split(' ')
      const sent = id === '1:1' ? 1000 : Number(bytes)
      return `class htb ${id} ${where}\n Sent ${looks * sent} bytes 1 pkt (dropped ${looks * Number(dropped)},\n`
    })
    looks += 1
    return { code: 0, stdout: lines.join(''), stderr: '' }
  }
  const machine = { ...machineWith([]), run }
  await usage.look(machine)
  await usage.look(machine)
  const [one, two] = usage.ofSites()
  const node = usage.ofNode({ site: 'aruba', addresses: ['10.200.1.1'] })
  const whole = usage.ofHub()
  expect([whole, one, two, node].map((use) => use?.rx?.dropped)).toEqual([6, 5, 1, 4])
  expect([whole, one].map((use) => use?.rx?.limit)).toEqual([30_000_000, 20_000_000])
  const shares = [one, two, node].map((use) => (use?.rx?.peak ?? 0) / (whole?.rx?.peak ?? 0))
  expect(shares.map((share) => share.toFixed(2))).toEqual(['0.70', '0.30', '0.50'])
  expect(usage.follow({ ...inForce, heldAll: 'no ifb' })).toBe(true)
  expect(usage.ofHub()).toMatchObject({ held: 'no ifb', rx: { dropped: 6 } })
  usage.follow({ ...none, sites: [limit] })
  expect(usage.ofHub()).toBeUndefined()
})

test('says when other sites are held back, and why', () => {
  const usage = new Usage()
  const held = (why: string) => ({ ...inForce, held: new Map([['aruba', why]]) })
  expect(usage.follow(inForce)).toBe(false)
  expect(usage.follow(held('no ifb'))).toBe(true)
  expect(usage.follow(held('no ifb'))).toBe(false)
  expect(usage.ofSites()).toMatchObject([{ site: 'aruba', held: 'no ifb' }])
  expect(usage.follow(held('no tc'))).toBe(true)
  expect(usage.follow(inForce)).toBe(true)
  usage.follow({ ...inForce, sites: [] })
  expect(usage.ofSites()).toEqual([])
})
