/** A descriptor of this process: where it leads to, and its flags, as /proc has them. */
export interface Descriptor {
  fd: number
  target: string
  flags: number
}

/**
 * Whether whoever started this left it open, to be written to. Node has descriptors of its own, which it does not survive
 * being written to: those without a file, and pipes with both ends in this process.
 */
export function canTell(fd: number, all: readonly Descriptor[]): boolean {
  const own = all.find((one) => one.fd === fd)
  if (own === undefined || !isWritable(own) || own.target.startsWith('anon_inode:')) return false
  const isPipe = own.target.startsWith('pipe:')
  return !(isPipe && all.some((one) => one.target === own.target && !isWritable(one)))
}

function isWritable({ flags }: Descriptor): boolean {
  return (flags & ACCESS_MODE) !== READ_ONLY
}

const ACCESS_MODE = 3
const READ_ONLY = 0
