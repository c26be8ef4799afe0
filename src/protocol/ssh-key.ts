/** How many parts follow the type in the blob of each kind of key. */
const kinds: ReadonlyMap<string, number> = new Map([
  ['ssh-ed25519', 1],
  ['ecdsa-sha2-nistp256', 2],
  ['ecdsa-sha2-nistp384', 2],
  ['ecdsa-sha2-nistp521', 2],
  ['ssh-rsa', 2],
])

/** `TYPE BLOB`, where the blob is of that type and whole. */
export function isSshKey(text: string): boolean {
  const [type = '', blob = '', ...more] = text.split(' ')
  const bytes = Buffer.from(blob, 'base64')
  if (more.length > 0 || bytes.toString('base64') !== blob) return false
  const [inner, ...parts] = readParts(bytes) ?? []
  return inner?.toString('latin1') === type && parts.length === kinds.get(type)
}

/** The parts of a blob, each after its length, or undefined where they do not fill it. */
function readParts(blob: Buffer): Buffer[] | undefined {
  const parts: Buffer[] = []
  let at = 0
  while (at < blob.length) {
    const start = at + 4
    if (start > blob.length) return undefined
    at = start + blob.readUInt32BE(start - 4)
    if (at > blob.length || at === start) return undefined
    parts.push(blob.subarray(start, at))
  }
  return parts
}
