import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.ts'

/** What the machine boots, made once and kept outside the tree by the hash of all that goes into it. */
export interface Image {
  kernel: string
  initrd: string
  disk: string
  /** node_modules, which seldom changes. */
  modules: string
}

const packages = [
  ...['systemd', 'systemd-sysv', 'udev', 'dbus', 'kmod', 'linux-image-cloud-amd64', 'procps'],
  ...['iproute2', 'iputils-ping', 'nftables', 'iperf3', 'openssh-server', 'openssh-client'],
  ...['openvpn', 'wireguard-tools', 'wireguard-go', 'util-linux', 'libstdc++6', 'tcpdump'],
  ...['qemu-guest-agent', 'socat', 'netcat-openbsd', 'slirp4netns', 'proxychains4'],
]

/** Loaded at boot, since a command in a namespace may not load them when it needs them. */
const kernelModules = [
  'ip_gre',
  'ip6_gre',
  'wireguard',
  'vxlan',
  'tun',
  'veth',
  'nf_tables',
  'dummy',
]

/** What takes the console, or time, and is nothing that is tried here. */
const masked = [
  ...['serial-getty@ttyS0.service', 'getty@tty1.service', 'systemd-timesyncd.service'],
  ...['e2scrub_reap.service', 'e2scrub_all.timer', 'fstrim.timer', 'dpkg-db-backup.timer'],
  ...['apt-daily.timer', 'apt-daily-upgrade.timer', 'openvpn.service'],
]

/** The first file system of the boot has what leads to the disk and no more, and needs no unpacking. */
const initrd = ['MODULES=list', 'COMPRESS=lz4', 'FSTYPE=ext4', 'RESUME=none']
const initrdModules = ['virtio_pci', 'virtio_blk', 'ext4']

const guest = join(import.meta.dirname, 'guest')

/** With these packages of Debian besides what every machine has. */
export async function provideImage(
  root: string,
  cache: string,
  more: readonly string[] = [],
): Promise<Image> {
  mkdirSync(cache, { recursive: true })
  return withLock(join(cache, 'lock'), async () => {
    const system = provide(cache, 'system', systemKey(more), (folder) => buildSystem(folder, more))
    const modules = provide(cache, 'modules', hashOf([lockfile(root)]), (folder) =>
      makeDisk(join(root, 'node_modules'), {
        disk: join(folder, 'disk.img'),
        label: 'modules',
        spareMB: 32,
      }),
    )
    return {
      kernel: join(system, 'vmlinuz'),
      initrd: join(system, 'initrd.img'),
      disk: join(system, 'disk.img'),
      modules: join(modules, 'disk.img'),
    }
  })
}

/** An ext4 image of a folder, without mounting anything. */
export function makeDisk(folder: string, { disk, label, spareMB }: DiskOptions): void {
  const used = Number(execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0])
  const size = `${Math.ceil(used * 1.15) + spareMB}M`
  const options = ['-q', '-t', 'ext4', '-O', '^has_journal', '-L', label, '-d', folder]
  execFileSync('mke2fs', [...options, disk, size], { stdio: ['ignore', 'ignore', 'inherit'] })
}

interface DiskOptions {
  disk: string
  label: string
  /** Room for what the machine writes. */
  spareMB: number
}

/** The folder of this kind with this key; one that is half-built is never seen. */
function provide(
  cache: string,
  kind: string,
  key: string,
  build: (folder: string) => void,
): string {
  const folder = join(cache, `${kind}-${key}`)
  if (!existsSync(folder)) {
    const part = `${folder}.part`
    rmSync(part, { recursive: true, force: true })
    mkdirSync(part)
    build(part)
    renameSync(part, folder)
  }
  utimesSync(folder, Date.now() / 1000, Date.now() / 1000)
  sweep(cache, kind)
  return folder
}

/** Another tree may have made its own, and be using it now: they go when nobody asked for them for a day. */
function sweep(cache: string, kind: string): void {
  for (const name of globSync(`${kind}-*`, { cwd: cache })) {
    const folder = join(cache, name)
    if (statSync(folder).mtimeMs < Date.now() - 24 * 3600_000) rmSync(folder, { recursive: true })
  }
}

function systemKey(more: readonly string[]): string {
  const files = [import.meta.filename, ...globSync(`${guest}/*`).sort()]
  return hashOf([...files.map((file) => readFileSync(file)), Buffer.from(more.join(' '))])
}

function lockfile(root: string): Buffer {
  return readFileSync(join(root, 'package-lock.json'))
}

function hashOf(parts: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 16)
}

function buildSystem(folder: string, more: readonly string[]): void {
  const system = join(folder, 'system')
  console.error('vm: building the image of the machine, about a minute')
  const options = ['--quiet', '--variant=minbase', ...hooks(more)]
  // What it says goes into the error when it fails, and nowhere else.
  execFileSync('mmdebstrap', [...options, 'bookworm', system, ...sources()], { stdio: 'pipe' })
  const [kernel = ''] = globSync(join(system, 'boot/vmlinuz-*'))
  const [initrd = ''] = globSync(join(system, 'boot/initrd.img-*'))
  renameSync(kernel, join(folder, 'vmlinuz'))
  renameSync(initrd, join(folder, 'initrd.img'))
  makeDisk(system, { disk: join(folder, 'disk.img'), label: 'system', spareMB: 512 })
  rmSync(system, { recursive: true })
}

/** Debian's packages come from where this machine has them from. */
function sources(): string[] {
  return globSync('/etc/apt/sources.list.d/debian.sources')
}

/** In time for the package of the kernel, which makes the first file system. */
const beforeTheKernel = `
  mkdir -p "$1/etc/initramfs-tools/conf.d"
  printf "%s\\n" ${initrd.join(' ')} >"$1/etc/initramfs-tools/conf.d/dynfarm"
  printf "%s\\n" ${initrdModules.join(' ')} >"$1/etc/initramfs-tools/modules"`

function hooks(more: readonly string[]): string[] {
  const inside = [
    `systemctl mask ${masked.join(' ')}`,
    'chmod 755 /usr/local/sbin/dynfarm-vm',
    'systemctl enable dynfarm-vm.service',
    'systemctl disable ssh.service',
    `printf "%s\\n" ${kernelModules.join(' ')} > /etc/modules-load.d/dynfarm.conf`,
    'passwd -d root',
  ]
  return [
    `--include=${[...packages, ...more].join(',')}`,
    '--dpkgopt=path-exclude=/usr/share/doc/*',
    `--essential-hook=${beforeTheKernel}`,
    '--dpkgopt=path-exclude=/usr/share/locale/*',
    `--customize-hook=copy-in "${guest}/dynfarm-vm.service" /etc/systemd/system`,
    `--customize-hook=copy-in "${guest}/dynfarm-vm" /usr/local/sbin`,
    ...inside.map((command) => `--customize-hook=chroot "$1" sh -c '${command}'`),
  ]
}
