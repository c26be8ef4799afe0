import type { Machine } from '../apply/machine.ts'
import { tryCommand } from '../client/reading.ts'
import { DynfarmError } from '../errors.ts'

/** What this machine allows a job without root. */
export interface Ability {
  name: string
  isThere: boolean
  /** Why not, or what to do. */
  why?: string
}

export interface Abilities {
  ns: readonly Ability[]
}

export type Mode = 'ns' | 'socks'

const programs = ['unshare', 'nsenter', 'setpriv', 'mount', 'flock', 'ip', 'tc', 'nft', 'sysctl']
const tunnels = ['openvpn', 'wireguard-go']

/**
 * One look at all of it, in namespaces like those of a job: what is allowed is known by doing it. A line each. Of a
 * setting the kernel gives nothing more to who reads it byte by byte, as "read" of a shell does.
 */
const question = `PATH=$1
has() { command -v "$1" >/dev/null && echo "has $1"; }
for program in ${[...programs, ...tunnels, 'slirp4netns'].join(' ')}; do has "$program"; done
echo "most $(cat /proc/sys/user/max_user_namespaces)"
echo "armour $(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns)"
unshare --user --map-root-user --net --mount --pid --fork sh -c '
  echo user
  mount -t proc proc /proc && echo proc
  : <>/dev/net/tun && ip tuntap add dev t0 mode tun && echo tun
' || :
`

export async function observeAbilities(machine: Machine, path: string): Promise<Abilities> {
  const argv = ['sh', '-c', question, 'sh', path] as const
  const { stdout } = await tryCommand(machine, argv, { timeoutMs: LOOKING_MS })
  return { ns: judgeNs(new Set(stdout.split('\n'))) }
}

/** On a machine where many jobs begin at once; cut off half-way, it would tell of things missing that are there. */
const LOOKING_MS = 60_000

export function judgeNs(lines: ReadonlySet<string>): Ability[] {
  const has = (program: string) => ({
    ...{ name: `program "${program}"`, isThere: lines.has(`has ${program}`) },
    why: 'it is not on PATH, nor beside dynfarm',
  })
  const user = lines.has('user')
  return [
    ...[...programs, 'slirp4netns'].map(has),
    {
      name: 'OpenVPN or wireguard-go',
      isThere: tunnels.some((program) => lines.has(`has ${program}`)),
      why: 'neither "openvpn" nor "wireguard-go" is on PATH, nor beside dynfarm',
    },
    { name: 'user namespaces', isThere: user, why: whyNoUser(lines) },
    ...(user
      ? [
          {
            name: '/proc of its own',
            isThere: lines.has('proc'),
            why: 'part of /proc is hidden here',
          },
          {
            name: '/dev/net/tun',
            isThere: lines.has('tun'),
            why: 'it is not there, or not for this user',
          },
        ]
      : []),
  ].map(({ why, ...ability }): Ability => (ability.isThere ? ability : { ...ability, why }))
}

function whyNoUser(lines: ReadonlySet<string>): string {
  if (lines.has('most 0')) return 'switched off: "user.max_user_namespaces" is 0'
  if (lines.has('armour 1'))
    return 'AppArmor keeps them from users: "kernel.apparmor_restrict_unprivileged_userns" is 1'
  return 'the kernel refuses them'
}

/** What a hub without root wants as well and has not, a sentence each. */
export function missingForHub(ns: readonly Ability[]): string[] {
  return ns.flatMap(({ name, isThere, why }) => (isThere ? [] : [`${name}: ${why}`]))
}

/** A user may ping who is in a group of the range. */
export function mayPing(range: string, groups: readonly number[]): boolean {
  const [first = 1, last = 0] = range.trim().split(/\s+/).map(Number)
  return groups.some((group) => first <= group && group <= last)
}

export interface Choice {
  mode: Mode
  /** Why not the one before it. */
  reasons: readonly string[]
}

/** The first that this machine allows: "socks" asks nothing of it. */
export function chooseMode(asked: 'auto' | Mode, { ns }: Abilities): Choice {
  const missing = asked === 'socks' ? [] : ns.filter(({ isThere }) => !isThere)
  if (asked !== 'socks' && missing.length === 0) return { mode: 'ns', reasons: [] }
  const reasons = missing.map(({ name, why }) => `${name}: ${why}`)
  if (asked !== 'ns') return { mode: 'socks', reasons }
  const message = ['this machine does not allow mode "ns"', ...reasons].join('\n    ')
  throw new DynfarmError('mode-unavailable', message, { details: { reasons } })
}
