import { expect, test } from 'vitest'
import { hubLimits } from '../../../src/hub/network/limits.ts'
import type { HubState } from '../../../src/hub/network/state.ts'

const site = (name: string, limits: object) => ({
  ...{ site: name, nodes: [`10.200.${name.length}.0/24`], jobs: [], ...limits },
})
const sites = [site('aruba', { rx: '20Mbit', tx: '9Gbit' }), site('free', {})]
const node = { id: 'n1', site: 'free', addresses: ['10.200.4.1'] }

function limitsAt(...hubs: object[]) {
  const state = {
    hub: 'hub1',
    config: { hubs, sites },
    nodes: [node],
    tunnels: [{ name: 'tun-wg' }],
  }
  return hubLimits(state as unknown as HubState)
}

test('without a limit of the hub, sites with one have their own devices', () => {
  const { tunnels, sites, hub } = limitsAt({ name: 'hub1' }, { name: 'hub2', rx: '1Mbit' })
  expect(hub).toEqual([])
  expect(sites.map(({ device, rate }) => [device, rate])).toEqual([
    ['rx-aruba', 20e6],
    ['tx-aruba', 9e9],
  ])
  expect(tunnels).toEqual(['tun-wg'])
})

test('below a limit of the hub is every site: the lower one holds, and the other direction is as it was', () => {
  const { sites, hub } = limitsAt({ name: 'hub1', tx: '500Mbit' })
  expect(sites.map(({ device }) => device)).toEqual(['rx-aruba'])
  const [whole, ...others] = hub
  expect(others).toEqual([])
  expect(whole).toMatchObject({ device: 'tx-all-sites', towards: 'centre', rate: 500e6 })
  expect(whole?.sites.map(({ site, rate }) => [site, rate])).toEqual([
    ['aruba', 500e6],
    ['free', 500e6],
  ])
  expect(whole?.sites.map(({ nodes }) => nodes)).toEqual([[], [['10.200.4.1']]])
  const slow = limitsAt({ name: 'hub1', rx: '500Mbit' }).hub[0]
  expect(slow?.sites.map(({ rate }) => rate)).toEqual([20e6, 500e6])
})
