import type { Image } from './image.ts'

export interface Hardware {
  memoryMB: number
  /** What stands on the kernel's command line besides what every machine has. */
  kernelWords?: readonly string[]
}

/** A machine without a disk, a network or a port yet, whose console is standard output. */
export function bareMachine(
  { kernel, initrd }: Pick<Image, 'kernel' | 'initrd'>,
  { memoryMB, kernelWords = [] }: Hardware,
): string[] {
  return [
    ...['-accel', 'tcg,thread=multi', '-cpu', 'max'],
    // With several it boots little sooner, and now and then a program of it crashes, or its kernel stands still.
    ...['-smp', '1', '-m', String(memoryMB)],
    ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-kernel', kernel, '-initrd', initrd],
    ...['-append', [...everywhere, ...kernelWords].join(' ')],
    ...['-device', 'virtio-serial-pci'],
  ]
}

const everywhere = [
  ...['console=ttyS0', 'root=/dev/vda', 'rw', 'panic=-1', 'quiet', 'mitigations=off'],
  // A busy host emulates the timer too late for the kernel's check of it, which would end the boot.
  ...['no_timer_check', 'tsc=reliable', 'audit=0', 'selinux=0', 'apparmor=0'],
]

/** What is written to a disk that is no snapshot is in its file as soon as the machine has flushed it. */
export function drive(file: string, how: 'snapshot=on' | 'cache=writeback'): string[] {
  return ['-drive', `file=${file},format=raw,if=virtio,${how}`]
}

/** A port of the machine, which is an open file of QEMU's here. */
export function channel(name: string, fd: number): string[] {
  const id = `port${fd}`
  return [
    ...['-chardev', `socket,id=${id},fd=${fd}`],
    ...['-device', `virtserialport,chardev=${id},name=${name}`],
  ]
}

/** The last of the console, for when the machine tells nothing else. */
export function keepTail(stream: NodeJS.ReadableStream): () => string {
  let tail = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    tail = (tail + text).slice(-4000)
  })
  return () => tail.trim()
}
