import { bytesOf, type Name } from './names.ts'

export interface TarMember {
  name: Name
  type: 'file' | 'folder' | 'link'
  mode: number
  /** Seconds. */
  mtime: number
  size: number
  /** Where a link points to. */
  target?: Name
}

export const tarBlock = 512

const types = { file: '0', folder: '5', link: '2' } as const

/** What stands before a member's bytes, as GNU tar and busybox read it: names of any length and of any bytes. */
export function tarHeader(member: TarMember): Buffer {
  const { name, type, target = '' } = member
  return Buffer.concat([
    ...long('K', target),
    ...long('L', name),
    header({ ...member, target }, types[type]),
  ])
}

/** What fills up the last block of so many bytes. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((tarBlock - (size % tarBlock)) % tarBlock)
}

export const tarEnd: Buffer = Buffer.alloc(2 * tarBlock)

const longestField = 100

/** A name that is too long for its field is the content of a member before. */
function long(kind: 'K' | 'L', name: Name): Buffer[] {
  if (name.length <= longestField) return []
  const bytes = Buffer.concat([bytesOf(name), Buffer.alloc(1)])
  const member = { name: '././@LongLink', mode: 0, mtime: 0, size: bytes.length, target: '' }
  return [header(member, kind), bytes, tarPadding(bytes.length)]
}

function header(
  { name, mode, mtime, size, target }: Omit<Required<TarMember>, 'type'>,
  type: string,
): Buffer {
  const block = Buffer.alloc(tarBlock)
  block.write(name.slice(0, longestField), 0, 'latin1')
  block.write(octal(mode & 0o7777, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(size, 11), 124)
  block.write(octal(Math.max(0, Math.floor(mtime)), 11), 136)
  block.write('        ', 148)
  block.write(type, 156)
  block.write(target.slice(0, longestField), 157, 'latin1')
  block.write('ustar  ', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)}\0 `, 148)
  return block
}

function octal(value: number, width: number): string {
  return value.toString(8).padStart(width, '0')
}
