/** The signature algorithms by which a host may show a key of that type. */
const algorithms: ReadonlyMap<string, readonly string[]> = new Map([
  ['ssh-ed25519', ['ssh-ed25519']],
  ['ecdsa-sha2-nistp256', ['ecdsa-sha2-nistp256']],
  ['ecdsa-sha2-nistp384', ['ecdsa-sha2-nistp384']],
  ['ecdsa-sha2-nistp521', ['ecdsa-sha2-nistp521']],
  ['ssh-rsa', ['rsa-sha2-512', 'rsa-sha2-256']],
])

/** What to ask a host for, so that it shows a key that is known and not another of its own. */
export function algorithmsOf(keys: readonly string[]): string[] {
  return keys.flatMap((key) => algorithms.get(key.split(' ')[0] ?? '') ?? [])
}

export function isPinned(keys: readonly string[], shown: Buffer): boolean {
  return keys.some((key) => key.split(' ')[1] === shown.toString('base64'))
}
