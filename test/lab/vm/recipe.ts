/** What the virtual machine is made of: Debian with systemd and a kernel that has everything. */
export const release = 'bookworm'

export const packages = [
  'systemd',
  'systemd-sysv',
  'udev',
  'dbus',
  'kmod',
  'linux-image-cloud-amd64',
  'procps',
  'iproute2',
  'nftables',
  'iputils-ping',
  'iperf3',
  'openssh-client',
  'openssh-server',
  'openvpn',
  'wireguard-tools',
  'libstdc++6',
]

/** Services that only cost time at boot, or take the console away. */
export const masked = [
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'fstrim.timer',
  'getty@tty1.service',
  'nftables.service',
  'serial-getty@ttyS0.service',
  'systemd-firstboot.service',
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'systemd-pstore.service',
]

/** Where this folder's guest files go in the image. */
export const guestFiles = {
  'dynfarm-vm': '/usr/local/lib/dynfarm-vm',
  'dynfarm-vm.service': '/etc/systemd/system/dynfarm-vm.service',
} as const

/** There before the packages are configured: a boot with the drivers of this machine and no others. */
export const earlyFiles = [
  ['/etc/initramfs-tools/conf.d/dynfarm', 'MODULES=list\n'],
  ['/usr/share/initramfs-tools/modules.d/dynfarm', 'virtio_pci\nvirtio_blk\n'],
  ['/etc/modprobe.d/dynfarm.conf', 'blacklist kvm_amd\nblacklist kvm_intel\nblacklist kvm\n'],
] as const
