import { describe, expect, test } from 'vitest'
import { judgeKeys, judgeSshd } from '../../../src/site/ssh/judge.ts'
import { hasGroup, hasUser } from '../../../src/site/ssh/patterns.ts'
import { parseSshdConfig } from '../../../src/site/ssh/sshd-config.ts'

const caller = { hub: '10.200.0.1', node: '10.200.1.1', groups: ['root', 'wheel'] }
const good = `port 22
permitrootlogin without-password
pubkeyauthentication yes
authenticationmethods any
listenaddress [::]:22
listenaddress 0.0.0.0:22
pubkeyacceptedalgorithms ssh-ed25519,rsa-sha2-512
`

function codes(change: string, hub = caller.hub): string[] {
  const changed = change.split('\n').map((line) => line.split(' ')[0])
  const kept = good.split('\n').filter((line) => !changed.includes(line.split(' ')[0]))
  const config = parseSshdConfig([...kept, change].join('\n'))
  const node = hub.includes(':') ? 'fd5a::1:1' : caller.node
  return judgeSshd(config, { ...caller, hub, node }).map(({ code }) => code)
}

describe('whether sshd would take a key of root from a hub', () => {
  test.each<[string, string[]]>([
    ['', []],
    ['permitrootlogin yes', []],
    ['permitrootlogin prohibit-password', []],
    ['permitrootlogin no', ['ssh-root-refused']],
    ['permitrootlogin forced-commands-only', ['ssh-root-refused']],
    ['pubkeyauthentication no', ['ssh-keys-refused']],
    ['authenticationmethods publickey', []],
    ['authenticationmethods publickey,password publickey', []],
    ['authenticationmethods publickey,keyboard-interactive', ['ssh-key-not-enough']],
    ['authenticationmethods publickey,publickey', ['ssh-key-not-enough']],
    ['allowusers anna\nallowusers root', []],
    ['allowusers anna\nallowusers ro?t@10.200.*', []],
    ['allowusers anna', ['ssh-user-refused']],
    ['allowusers root@10.200.0.2', ['ssh-user-refused']],
    ['denyusers root', ['ssh-user-refused']],
    ['denyusers root@10.0.0.0/8', ['ssh-user-refused']],
    ['denyusers root@192.0.2.0/24', []],
    ['denyusers root\nallowusers root', ['ssh-user-refused']],
    ['allowgroups wheel', []],
    ['allowgroups ssh-users', ['ssh-user-refused']],
    ['denygroups wh*', ['ssh-user-refused']],
    ['listenaddress 10.200.1.1:22', []],
    ['listenaddress 127.0.0.1:22', ['ssh-not-listening']],
    ['listenaddress [::]:22', ['ssh-not-listening']],
    ['permitrootlogin no\npubkeyauthentication no', ['ssh-root-refused', 'ssh-keys-refused']],
  ])('%j: %j', (change, expected) => {
    expect(codes(change)).toEqual(expected)
  })

  test('over IPv6', () => {
    expect(codes('listenaddress [::]:22', 'fd5a::1')).toEqual([])
    expect(codes('listenaddress [fd5a::1:1]:22', 'fd5a::1')).toEqual([])
    expect(codes('listenaddress 0.0.0.0:22', 'fd5a::1')).toEqual(['ssh-not-listening'])
    expect(codes('allowusers root@fd5a::/64', 'fd5a::1')).toEqual([])
  })

  test('each says what to do', () => {
    const config = parseSshdConfig('permitrootlogin no\nauthenticationmethods publickey,password\n')
    expect(judgeSshd(config, caller).map(({ message }) => message)).toEqual([
      'sshd refuses root from "10.200.0.1": it wants "PermitRootLogin prohibit-password"',
      'sshd wants more than a key of root from "10.200.0.1": "AuthenticationMethods publickey,password" needs the choice "publickey"',
    ])
  })
})

describe('kinds of keys', () => {
  const admins = [
    { name: 'anna', key: 'ssh-ed25519 AAAA' },
    { name: 'bert', key: 'ssh-rsa AAAA' },
    { name: 'cleo', key: 'ecdsa-sha2-nistp256 AAAA' },
  ]

  test.each<[string, string[]]>([
    [good, ['cleo']],
    ['pubkeyacceptedkeytypes ecdsa-sha2-nistp256,rsa-sha2-256', ['anna']],
    ['pubkeyacceptedalgorithms ssh-ed25519', ['bert', 'cleo']],
    ['port 22', []],
  ])('%j refuses those of %j', (text, names) => {
    const problems = judgeKeys(parseSshdConfig(text), admins)
    expect(problems.map(({ message }) => /which "(\w+)" has/.exec(message)?.[1])).toEqual(names)
  })
})

test.each<[string[], string, boolean]>([
  [['root'], '10.0.0.1', true],
  [['*'], '10.0.0.1', true],
  [['r.ot'], '10.0.0.1', false],
  [['roo'], '10.0.0.1', false],
  [['root@!10.0.0.1,*'], '10.0.0.1', false],
  [['root@!10.0.0.2,*'], '10.0.0.1', true],
  [['root@10.0.0.1', 'x'], '10.0.0.1', true],
  [['root@FD5A::*'], 'fd5a::1', true],
  [['root@hub.example.org'], '10.0.0.1', false],
  [['Root'], '10.0.0.1', false],
  [['[a'], '10.0.0.1', false],
  [[], '10.0.0.1', false],
])('a list of users %j has root from %s: %j', (patterns, address, is) => {
  expect(hasUser(patterns, 'root', address)).toBe(is)
})

test('a list of groups takes negation', () => {
  expect(hasGroup(['!root', '*'], ['root'])).toBe(false)
  expect(hasGroup(['!games', '*'], ['root'])).toBe(true)
})
