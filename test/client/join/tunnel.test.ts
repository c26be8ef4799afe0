import { expect, test } from 'vitest'
import type { NodeAnswer, RungEnd } from '../../../src/client/join/reach.ts'
import { nodePaths } from '../../../src/client/join/state.ts'
import { type Setting, tunnelOf } from '../../../src/client/join/tunnel.ts'
import { createAuthorities, createPerson } from '../../pki/people.ts'

const now = new Date()
const hub = await createPerson(await createAuthorities(now), { role: 'hub', name: 'hub1', now })
const end: RungEnd = {
  ...{ name: 'udp', kind: 'openvpn', proto: 'udp', hub: 'hub1' },
  ...{ addresses: ['203.0.113.10'], port: 1194, tlsCrypt: 'OWN', tlsCryptShared: 'SHARED' },
}

function setting(minor: number): Setting {
  return {
    answer: {
      ...{ authorities: { hub: 'HUBS' }, certificate: 'CERTIFICATE', services: [] },
      hubs: [{ name: 'hub1', certificate: hub.certificate, inner: [], wireguard: null }],
    } as unknown as NodeAnswer,
    secrets: { key: 'KEY', wireguard: { private: 'PRIVATE', public: 'PUBLIC' } },
    paths: nodePaths('/s'),
    proxy: undefined,
    rejoin: ['dynfarm', 'join'],
    tools: {
      ...{ supervisor: 'none', runAs: undefined, hasKernelWireguard: false, ping: '/bin/ping' },
      openvpn: { program: '/usr/sbin/openvpn', version: { major: 2, minor } },
      wireguardGo: undefined,
    },
  }
}

test.each([
  ['of its own', 5, end, { tlsCrypt: { secret: 'OWN' } }, ['tls-crypt-v2']],
  ['of all old nodes', 4, end, { tlsCryptShared: { secret: 'SHARED' } }, ['tls-crypt']],
  ['of none, where the answer has none', 6, { ...end, tlsCrypt: null }, {}, []],
] as const)('an OpenVPN node has the key %s', (_, minor, asked, secrets, options) => {
  const tunnel = tunnelOf(asked, 1420, setting(minor))
  if (tunnel.kind !== 'openvpn') throw new Error('not OpenVPN')
  const { process } = tunnel
  const has = ({ tlsCrypt, tlsCryptShared }: typeof process) => ({ tlsCrypt, tlsCryptShared })
  expect(has(process)).toEqual({ tlsCrypt: undefined, tlsCryptShared: undefined, ...secrets })
  expect(process.config.match(/^tls-crypt\S*/gm) ?? []).toEqual(options)
  expect(process.config).not.toMatch(/OWN|SHARED/)
})
