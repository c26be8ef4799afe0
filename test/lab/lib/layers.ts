import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { planAddresses } from './fabric.ts'
import {
  addressesOf,
  addressesSeenFrom,
  type HostSpec,
  ordinaryUser,
  type Topology,
} from './topology.ts'

/** A file on the lab's disk; the path is relative to it. */
export interface DiskFile {
  path: string
  content: string
  mode?: number
}

export interface KeyPair {
  secret: string
  public: string
}

/** The layer that all hosts share: accounts, sshd, the lab's key to every one of them. */
export function planCommonLayer(
  topology: Topology,
  keys: ReadonlyMap<string, KeyPair>,
): DiskFile[] {
  const passwd = readFileSync('/etc/passwd', 'utf8')
  return [
    { path: 'etc/passwd', content: `${passwd}${passwdLine()}\n` },
    { path: 'etc/group', content: `${readFileSync('/etc/group', 'utf8')}${groupLine()}\n` },
    { path: 'etc/shadow', content: renderShadow(`${passwd}${passwdLine()}\n`), mode: 0o600 },
    { path: 'etc/resolv.conf', content: 'nameserver 127.0.0.1\n' },
    { path: 'etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    { path: 'etc/ssh/sshd_config', content: sshdConfig },
    { path: 'etc/lab/boot.sh', content: readFileSync(new URL('boot.sh', import.meta.url), 'utf8') },
    { path: 'root/.ssh/authorized_keys', content: pairOf(keys, 'lab').public, mode: 0o600 },
    { path: 'root/.ssh/lab', content: pairOf(keys, 'lab').secret, mode: 0o600 },
    { path: 'root/.ssh/lab_known_hosts', content: renderKnownHosts(topology, keys) },
  ].map((file) => ({ ...file, path: `common/${file.path}` }))
}

/** What makes one host itself. */
export function planHostLayer(
  topology: Topology,
  host: HostSpec,
  keys: ReadonlyMap<string, KeyPair>,
): DiskFile[] {
  const key = pairOf(keys, host.name)
  const firewall = host.firewall === undefined ? [] : [{ path: 'firewall', content: host.firewall }]
  return [
    { path: 'hostname', content: `${host.name}\n` },
    { path: 'hosts', content: renderHosts(topology, host) },
    { path: 'machine-id', content: `${randomBytes(16).toString('hex')}\n` },
    { path: 'ssh/ssh_host_ed25519_key', content: key.secret, mode: 0o600 },
    { path: 'ssh/ssh_host_ed25519_key.pub', content: key.public },
    { path: 'lab/network', content: lines(planAddresses(host)) },
    ...firewall.map((file) => ({ ...file, path: `lab/${file.path}` })),
  ].map((file) => ({ ...file, path: `${host.name}/upper/etc/${file.path}` }))
}

function renderHosts(topology: Topology, viewer: HostSpec): string {
  const known = topology.hosts.flatMap((host) =>
    addressesSeenFrom(topology, viewer, host).map(
      (address) => `${address} ${host.name}.${host.domain} ${host.name}`,
    ),
  )
  return lines(['127.0.0.1 localhost', '::1 localhost ip6-localhost', ...known])
}

function renderKnownHosts(topology: Topology, keys: ReadonlyMap<string, KeyPair>): string {
  return lines(
    topology.hosts.map((host) => {
      const names = [host.name, `${host.name}.${host.domain}`, ...addressesOf(host)]
      return `${names.join(',')} ${pairOf(keys, host.name).public.trim()}`
    }),
  )
}

function pairOf(keys: ReadonlyMap<string, KeyPair>, name: string): KeyPair {
  const pair = keys.get(name)
  if (pair === undefined) throw new Error(`no key was made for "${name}"`)
  return pair
}

/** Without PAM, sshd takes a locked password ("!") as a locked account; a star only has no password. */
function renderShadow(passwd: string): string {
  const names = passwd.split('\n').flatMap((line) => line.split(':', 1))
  return lines(names.filter((name) => name !== '').map((name) => `${name}:*:20000:0:99999:7:::`))
}

function passwdLine(): string {
  const { name, uid, home } = ordinaryUser
  return `${name}:x:${uid}:${uid}::${home}:/bin/sh`
}

function groupLine(): string {
  return `${ordinaryUser.name}:x:${ordinaryUser.uid}:`
}

function lines(text: readonly string[]): string {
  return text.map((line) => `${line}\n`).join('')
}

const sshdConfig = `PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
AcceptEnv LANG LC_*
Subsystem sftp internal-sftp
`
