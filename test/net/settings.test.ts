import { describe, expect, it } from 'vitest'
import { type DeviceSettings, nothing } from '../../src/net/network.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { planNoForwarding } from '../../src/net/settings.ts'
import { renderPlan } from '../../src/plan/render.ts'
import { bareHost, textOf, undoText } from './support/observed.ts'

const host = {
  'net/ipv4/conf/eth0/rp_filter': '1',
  'net/ipv4/conf/eth0/forwarding': '0',
  'net/ipv6/conf/all/forwarding': '0',
  'net/ipv6/conf/all/accept_ra': '1',
  'net/ipv6/conf/default/forwarding': '0',
  'net/ipv6/conf/default/accept_ra': '1',
  'net/ipv6/conf/eth0/forwarding': '0',
  'net/ipv6/conf/eth0/accept_ra': '1',
  'net/ipv6/conf/eth1/forwarding': '1',
  'net/ipv6/conf/eth1/accept_ra': '1',
  'net/ipv6/conf/eth2/forwarding': '0',
  'net/ipv6/conf/eth2/accept_ra': '0',
}

function plan(settings: readonly DeviceSettings[], sysctls: Record<string, string>) {
  const observed = { ...bareHost, sysctls: new Map(Object.entries(sysctls)) }
  const { steps } = planNetwork({ ...nothing, settings }, observed)
  return { text: textOf({ steps, blocked: [] }).replace(/ {2}#.*/, ''), undo: undoText(steps) }
}

describe('settings', () => {
  it('change what differs, and return to what was', () => {
    expect(plan([{ dev: 'eth0', rpFilter: 2, acceptRa: 1, forward: ['ipv4'] }], host)).toEqual({
      text: 'sysctl -q -w net/ipv4/conf/eth0/rp_filter=2 net/ipv4/conf/eth0/forwarding=1',
      undo: 'sysctl -q -w net/ipv4/conf/eth0/forwarding=0 net/ipv4/conf/eth0/rp_filter=1',
    })
  })

  it('say nothing when all is so', () => {
    expect(plan([{ dev: 'eth0', rpFilter: 1 }], host)).toEqual({ text: '', undo: '' })
  })

  it('check no sources where the host leaves that to its devices, and loosely where it does not', () => {
    const settings = [{ dev: 'eth0', rpFilter: 0 as const }]
    const of = (all: string) => plan(settings, { ...host, 'net/ipv4/conf/all/rp_filter': all }).text
    expect(['0', '1', '2'].map(of)).toEqual([
      'sysctl -q -w net/ipv4/conf/eth0/rp_filter=0',
      'sysctl -q -w net/ipv4/conf/eth0/rp_filter=2',
      'sysctl -q -w net/ipv4/conf/eth0/rp_filter=2',
    ])
  })

  it('forward IPv6 by device where the kernel can', () => {
    const sysctls = {
      ...host,
      'net/ipv6/conf/all/force_forwarding': '0',
      'net/ipv6/conf/eth0/force_forwarding': '0',
    }
    expect(plan([{ dev: 'eth0', forward: ['ipv6'] }], sysctls)).toEqual({
      text: 'sysctl -q -w net/ipv6/conf/eth0/force_forwarding=1',
      undo: 'sysctl -q -w net/ipv6/conf/eth0/force_forwarding=0',
    })
  })

  it('forward IPv6 everywhere where it cannot, and keep advertised routes', () => {
    expect(plan([{ dev: 'eth0', forward: ['ipv6'] }], host)).toEqual({
      text: 'sysctl -q -w net/ipv6/conf/eth0/accept_ra=2 net/ipv6/conf/all/forwarding=1',
      undo: 'sysctl -q -w net/ipv6/conf/all/forwarding=0 net/ipv6/conf/eth0/accept_ra=1 net/ipv6/conf/eth1/forwarding=1',
    })
  })

  it('leave a router what it accepts', () => {
    const router = { ...host, 'net/ipv6/conf/all/forwarding': '1' }
    expect(plan([{ dev: 'eth0', forward: ['ipv6'] }], router)).toEqual({ text: '', undo: '' })
  })

  it('need no undo on a device that is new', () => {
    const devices = [{ kind: 'tun' as const, name: 't1' }]
    const settings = [{ dev: 't1', rpFilter: 2 as const }]
    const { steps } = planNetwork({ ...nothing, devices, settings }, bareHost)
    expect(textOf({ steps, blocked: [] })).toContain('sysctl -q -w net/ipv4/conf/t1/rp_filter=2')
    expect(undoText(steps)).toBe('ip link del dev t1')
  })
})

describe('what forwarded by dynfarm alone', () => {
  const closing = { ipv4: ['eth0', 'eth1'], ipv6: true, uplinks: ['eth0'] }
  const stopping = (on: readonly string[]) =>
    renderPlan(planNoForwarding(closing, { sysctls: new Map(on.map((path) => [path, '1'])) }))

  it('forwards no longer, and nothing else is touched', () => {
    const text = stopping(['net/ipv4/conf/eth0/forwarding', 'net/ipv4/conf/docker0/forwarding'])
    expect(text).toContain('sysctl -q -w net/ipv4/conf/eth0/forwarding=0')
    expect(text).not.toMatch(/docker0|eth1|ipv6/)
    expect(stopping([])).toBe('')
  })

  it('of IPv6 device by device where the kernel knows that, and else as a whole', () => {
    const force = 'net/ipv6/conf/eth0/force_forwarding'
    expect(stopping([force])).toContain(`${force}=0`)
    expect(stopping(['net/ipv6/conf/all/forwarding'])).toContain('net/ipv6/conf/all/forwarding=0')
  })
})
