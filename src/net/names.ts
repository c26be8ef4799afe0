/** Devices that the kernel makes by itself when a module loads. */
const KERNEL_OWN = /^(gre|gretap|erspan|tunl|sit|ip6gre|ip6tnl|ip_vti|ip6_vti)0$/

/**
 * The last guard before a name becomes a word of an `ip -batch` line or of nft text. Names come from
 * validated profiles, so one that does not pass is a bug.
 */
export function deviceName(name: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(name))
    throw new Error(`not a device name: "${name}"`)
  return name
}

/** A name for a device that dynfarm makes. */
export function newDeviceName(name: string): string {
  if (KERNEL_OWN.test(name)) throw new Error(`the kernel keeps this device name: "${name}"`)
  return deviceName(name)
}

/** A chain, a set, or a user: one word. */
export function identifier(name: string): string {
  if (!isIdentifier(name)) throw new Error(`not an identifier: "${name}"`)
  return name
}

export function isIdentifier(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name)
}

export function wholeNumber(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`not a whole number: ${value}`)
  return value
}
