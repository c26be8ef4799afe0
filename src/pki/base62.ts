const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const base = BigInt(digits.length)

/** How many digits hold every value of so many bytes. */
export function base62Length(bytes: number): number {
  return Math.ceil((bytes * 8) / Math.log2(digits.length))
}

/** The bytes as one number, with leading zeros to a length that depends on their count alone. */
export function renderBase62(bytes: Uint8Array): string {
  let value = BigInt(`0x0${Buffer.from(bytes).toString('hex')}`)
  let text = ''
  for (let i = base62Length(bytes.length); i > 0; i--) {
    text = digits.charAt(Number(value % base)) + text
    value /= base
  }
  return text
}

/** Every value has one spelling: another length, a foreign character or a number too large is undefined. */
export function parseBase62(text: string, bytes: number): Buffer | undefined {
  if (text.length !== base62Length(bytes)) return undefined
  let value = 0n
  for (const character of text) {
    const digit = digits.indexOf(character)
    if (digit < 0) return undefined
    value = value * base + BigInt(digit)
  }
  const hex = value.toString(16).padStart(bytes * 2, '0')
  return hex.length > bytes * 2 ? undefined : Buffer.from(hex, 'hex')
}
