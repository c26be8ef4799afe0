import type { Image } from './image.ts'

export interface Machine {
  image: Image
  /** Further disks: /dev/vdb, /dev/vdc, … */
  disks: readonly string[]
  /** File of the console's text, for when the machine does not start. */
  console: string
  memoryMiB?: number
}

/** Serial ports by name, each on an open socket of qemu's, counted from 3. */
export const ports = ['out', 'err', 'code'] as const

/** Emulated, so that it runs where virtualisation is not to be had; no disk is ever written. */
export function qemuCommand({ image, disks, console, memoryMiB = 2048 }: Machine): string[] {
  const boot = 'console=ttyS0 root=/dev/vda rw panic=-1 quiet mitigations=off audit=0'
  return [
    // Dies with the process that started it, however that one dies.
    ...['setpriv', '--pdeathsig', 'KILL', 'qemu-system-x86_64', '-nodefaults'],
    ...['-machine', 'q35,sata=off,smbus=off,vmport=off'],
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2', '-m', `${memoryMiB}`],
    ...['-display', 'none', '-no-reboot', '-serial', `file:${console}`],
    ...['-kernel', image.kernel, '-initrd', image.initrd, '-append', boot],
    ...[image.disk, ...disks].flatMap((disk) => [
      '-drive',
      `file=${disk.replaceAll(',', ',,')},format=raw,if=virtio,snapshot=on`,
    ]),
    ...['-device', 'virtio-serial-pci', '-device', 'virtio-rng-pci'],
    ...ports.flatMap((name, index) => [
      ...['-chardev', `socket,id=${name},fd=${index + 3}`],
      ...['-device', `virtserialport,chardev=${name},name=${name}`],
    ]),
  ]
}
