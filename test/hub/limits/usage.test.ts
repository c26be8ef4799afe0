import { expect, test } from 'vitest'
import type { Machine } from '../../../src/apply/machine.ts'
import { Usage } from '../../../src/hub/limits/usage.ts'
import type { SiteLimit } from '../../../src/net/limits/limits.ts'

const limit: SiteLimit = {
  ...{ site: 'aruba', device: 'rx-aruba', towards: 'nodes', rate: 20_000_000 },
  ...{ networks: [], nodes: [['10.200.1.1']] },
}
const classes = new Map([['rx-aruba', new Map([['10.200.1.1', 3]])]])
const inForce = { sites: [limit], held: new Map<string, string>(), classes }
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
