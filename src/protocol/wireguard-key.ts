const prime = 2n ** 255n - 19n

/** Points that give everybody the same secret. */
const weak: ReadonlySet<string> = new Set(
  [
    0n,
    1n,
    prime - 1n,
    325606250916557431795983626356110631294008115727848805560023387167927233504n,
    39382357235489614581723060781553021112529911719440698176882885853963445705823n,
  ].map(textOf),
)

/** What 32 bytes are in base64, with no bit set that belongs to none of them. */
const spelling = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/

/** A public key of WireGuard in its one spelling: two texts are two keys, so a key in use is found in every guise. */
export function isWireguardKey(text: string): boolean {
  return spelling.test(text) && !weak.has(text) && isBelowPrime(Buffer.from(text, 'base64'))
}

/** The last byte alone tells it of nearly all. */
function isBelowPrime(bytes: Buffer): boolean {
  return (bytes[31] ?? 0) < 0x7f || BigInt(`0x${bytes.reverse().toString('hex')}`) < prime
}

function textOf(value: bigint): string {
  const bytes = Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
  return bytes.reverse().toString('base64')
}
