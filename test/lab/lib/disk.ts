import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { LabFolder } from './folder.ts'
import type { DiskFile } from './layers.ts'
import { type HostSpec, ordinaryUser } from './topology.ts'

/**
 * Every host's root is this machine's, read-only, under three layers: what is hidden of it, what all
 * hosts have in common, and what the host wrote itself. These are the paths that are hidden.
 */
export const hidden = [
  'root',
  'home',
  'tmp',
  'var/tmp',
  'var/lib/dynfarm',
  'etc/dynfarm',
  'etc/wireguard',
  'etc/ssh',
  'opt/dynfarm',
]

/** Folders of the common layer, with modes that matter. */
const commonFolders = [
  { path: 'root', mode: 0o700 },
  { path: 'tmp', mode: 0o1777 },
  { path: 'var/tmp', mode: 0o1777 },
  { path: ordinaryUser.home.slice(1), mode: 0o700, owner: ordinaryUser.uid },
]

/** Prepares what every host's disk stands on. `view` is the disk as seen from outside. */
export function makeCommonFolders(view: string): void {
  for (const { path, mode, owner } of commonFolders) {
    makeFolder(join(view, 'common', path))
    chmodSync(join(view, 'common', path), mode)
    if (owner !== undefined) chownSync(join(view, 'common', path), owner, owner)
  }
}

export function makeHostFolders(view: string, host: string): void {
  for (const part of ['upper', 'work', 'root']) makeFolder(join(view, host, part))
}

export function writeFiles(view: string, files: readonly DiskFile[]): void {
  for (const { path, content, mode = 0o644 } of files) {
    makeFolder(dirname(join(view, path)))
    writeFileSync(join(view, path), content)
    chmodSync(join(view, path), mode)
  }
}

/** With mode 0755 whatever the umask: a folder of an upper layer stands for the one below it. */
function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true })
  if (first === undefined) return
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755)
}

/** Kernel settings, made before the cables are plugged in: they are what new devices start from. */
export function planSettings(host: HostSpec): DiskFile {
  const forward = host.forwards ? 1 : 0
  const settings = [
    'net/ipv6/conf/default/accept_dad 0',
    'net/ipv4/conf/all/rp_filter 0',
    'net/ipv4/conf/default/rp_filter 2',
    `net/ipv4/ip_forward ${forward}`,
    `net/ipv6/conf/all/forwarding ${forward}`,
  ]
  return { path: `${host.name}/sysctl`, content: settings.map((line) => `${line}\n`).join('') }
}

/** The mounts of a host, in order, before its root becomes the root. `tree` is the project, live. */
export function planMounts(folder: LabFolder, host: string, tree: string): DiskFile {
  const disk = folder.disk
  const root = `${disk}/${host}/root`
  const layers = [
    `lowerdir=${disk}/common:${disk}/hidden:/`,
    `upperdir=${disk}/${host}/upper`,
    `workdir=${disk}/${host}/work`,
  ]
  const mounts = [
    mount('lab', root, 'overlay', layers.join(',')),
    mount('lab-proc', `${root}/proc`, 'proc', 'nosuid,nodev,noexec'),
    mount('lab-sys', `${root}/sys`, 'sysfs', 'nosuid,nodev,noexec'),
    mount('/sys/fs/cgroup', `${root}/sys/fs/cgroup`, 'none', 'rbind'),
    mount('/dev', `${root}/dev`, 'none', 'rbind'),
    mount('lab-shm', `${root}/dev/shm`, 'tmpfs', 'mode=1777'),
    mount(`${disk}/devices/net`, `${root}/dev/net`, 'none', 'bind'),
    mount('lab-run', `${root}/run`, 'tmpfs', 'mode=755'),
    mount(tree, `${root}${tree}`, 'none', 'rbind,ro,X-mount.mkdir'),
  ]
  return { path: `${host}/fstab`, content: mounts.join('') }
}

function mount(source: string, target: string, type: string, options: string): string {
  return `${escapeField(source)} ${escapeField(target)} ${type} ${options} 0 0\n`
}

function escapeField(text: string): string {
  return text.replace(
    /[\\ \t\n]/g,
    (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}
