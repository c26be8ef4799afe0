const prime = 2n ** 255n - 19n

/** Points that give everybody the same secret. */
const weak: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  prime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
])

/** A public key of WireGuard in its one spelling: two texts are two keys, so a key in use is found in every guise. */
export function isWireguardKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== 32 || bytes.toString('base64') !== text) return false
  const value = BigInt(`0x${bytes.reverse().toString('hex')}`)
  return value < prime && !weak.has(value)
}
