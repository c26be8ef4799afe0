import { canonicalAddress } from '../../address.ts'
import type { Admin, SiteProblem } from '../wanted.ts'
import { hasGroup, hasUser } from './patterns.ts'
import { oneOf, type SshdConfig, wordsOf } from './sshd-config.ts'

export interface Caller {
  /** Where from: a hub's inner address. */
  hub: string
  /** Where to: an inner address of the node. */
  node: string
  /** The groups of root. */
  groups: readonly string[]
}

/** Why sshd would refuse root's keys from a hub, whatever stands in authorized_keys. */
export function judgeSshd(config: SshdConfig, caller: Caller): SiteProblem[] {
  const of = (keyword: string) => oneOf(config, keyword)
  const from = `root from "${caller.hub}"`
  const refused: [boolean, string, string][] = [
    [
      of('permitrootlogin') === 'no',
      'ssh-root-refused',
      `sshd refuses ${from}: it wants "PermitRootLogin prohibit-password"`,
    ],
    [
      of('permitrootlogin') === 'forced-commands-only',
      'ssh-root-refused',
      `sshd lets ${from} run forced commands only: it wants "PermitRootLogin prohibit-password"`,
    ],
    [
      of('pubkeyauthentication') === 'no',
      'ssh-keys-refused',
      `sshd takes no keys of ${from}: it wants "PubkeyAuthentication yes"`,
    ],
    [
      !keyIsEnough(of('authenticationmethods')),
      'ssh-key-not-enough',
      `sshd wants more than a key of ${from}: "AuthenticationMethods ${of('authenticationmethods')}" needs the choice "publickey"`,
    ],
    [
      !isListed(config, caller),
      'ssh-user-refused',
      `sshd refuses ${from}: see to AllowUsers, DenyUsers, AllowGroups and DenyGroups`,
    ],
    [
      !listens(config, caller.node),
      'ssh-not-listening',
      `sshd does not listen on "${caller.node}": add it to ListenAddress`,
    ],
  ]
  return refused.flatMap(([is, code, message]) => (is ? [{ code, message }] : []))
}

/** The methods that an administrator must pass, one list of which is enough. */
function keyIsEnough(methods: string): boolean {
  return methods === '' || methods.split(' ').some((list) => /^(any|publickey)$/.test(list))
}

/** In sshd's order: what denies comes before what allows. */
function isListed(config: SshdConfig, { hub, groups }: Caller): boolean {
  const list = (keyword: string) => wordsOf(config, keyword)
  if (hasUser(list('denyusers'), 'root', hub)) return false
  if (list('allowusers').length > 0 && !hasUser(list('allowusers'), 'root', hub)) return false
  if (hasGroup(list('denygroups'), groups)) return false
  return list('allowgroups').length === 0 || hasGroup(list('allowgroups'), groups)
}

/** 0.0.0.0:22, [::]:22, 192.0.2.1:22, for each of its addresses. */
function listens(config: SshdConfig, node: string): boolean {
  const ends = config.get('listenaddress') ?? []
  const any = node.includes(':') ? '::' : '0.0.0.0'
  const hosts = ends.map((end) => end.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))
  return ends.length === 0 || hosts.includes(any) || hosts.includes(canonicalAddress(node))
}

const RSA = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa']

/** Keys of which sshd takes no kind of signature. */
export function judgeKeys(config: SshdConfig, admins: readonly Admin[]): SiteProblem[] {
  const keywords = ['pubkeyacceptedalgorithms', 'pubkeyacceptedkeytypes']
  const accepted = keywords.flatMap((keyword) => oneOf(config, keyword).split(',')).filter(Boolean)
  if (accepted.length === 0) return []
  return admins.flatMap(({ name, key }) => {
    const type = key.split(' ')[0] ?? ''
    const signatures = type === 'ssh-rsa' ? RSA : [type]
    if (signatures.some((signature) => accepted.includes(signature))) return []
    const message = `sshd takes no key of the type "${type}", which "${name}" has: give a key of another type`
    return [{ code: 'ssh-key-type', message }]
  })
}
