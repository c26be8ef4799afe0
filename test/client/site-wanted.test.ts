import { expect, test } from 'vitest'
import {
  checksWanted,
  commandsWanted,
  type NodeAnswer,
  siteWanted,
} from '../../src/client/site-wanted.ts'

const answer: NodeAnswer = {
  node: {
    id: 'n1',
    role: 'node',
    name: 'aruba-1',
    fqdn: 'aruba-1.example.org',
    site: 'aruba',
    class: null,
    slot: 1,
    addresses: ['10.200.1.1'],
  },
  hubs: [
    { name: 'hub1', inner: ['10.200.0.1', 'fd5a::1'], certificate: '', wireguard: null },
    { name: 'hub2', inner: ['10.200.0.2'], certificate: '', wireguard: null },
  ],
  site: {
    nodes: ['10.200.0.0/16'],
    'node-to-node': false,
    hostname: 'set',
    try: '10s',
    hosts: [{ address: '10.200.1.1', names: ['aruba-1.example.org', 'aruba-1'] }],
    files: [
      { path: '/a', content: 'text', encoding: 'utf8' },
      {
        path: '/b',
        content: 'AP8=',
        encoding: 'base64',
        mode: '0440',
        owner: 'munge',
        secret: true,
      },
    ],
    commands: [
      {
        name: 'start',
        run: ['start', 'it'],
        timeout: '1.5m',
        undo: ['stop', 'it'],
        unless: ['is-on'],
        creates: '/run/it',
      },
    ],
    checks: [
      { name: 'answers', run: ['nc', '-z'], timeout: '5s' },
      { name: 'of the future', run: ['x'], timeout: '3fortnights' },
    ],
    admins: [{ name: 'anna', key: 'ssh-ed25519 AAAA' }],
    update: 'self',
  },
}

test('what the server says, in the units of planners', () => {
  const wanted = siteWanted(answer, ['/gone'])
  expect(wanted).toMatchObject({
    node: { name: 'aruba-1', addresses: ['10.200.1.1'] },
    hostname: 'set',
    hubs: ['10.200.0.1', '10.200.0.2'],
    formerFiles: ['/gone'],
  })
  expect(wanted.files).toEqual([
    { path: '/a', content: 'text', secret: false },
    { path: '/b', content: Buffer.of(0, 255), mode: 0o440, owner: 'munge', secret: true },
  ])
  expect(commandsWanted(answer.site)).toEqual([
    {
      name: 'start',
      run: ['start', 'it'],
      timeoutMs: 90_000,
      undo: ['stop', 'it'],
      unless: ['is-on'],
      creates: '/run/it',
    },
  ])
  expect(checksWanted(answer.site)).toEqual([
    { name: 'answers', run: ['nc', '-z'], timeoutMs: 5000 },
    { name: 'of the future', run: ['x'], timeoutMs: 60_000 },
  ])
})
