import type { Admin } from '../wanted.ts'

/** `TYPE BLOB`, and a comment that is not taken over. */
const keyText = /^([a-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?=\s|$)/

export function isKey({ key }: Admin): boolean {
  return keyText.test(key)
}

/**
 * From the hubs alone, and for what `dynfarm remote` does: commands, copies, a terminal. No forwarding of ports,
 * agents or displays, and no ~/.ssh/rc.
 */
export function keyLine({ name, key }: Admin, hubs: readonly string[]): string {
  const [plain] = keyText.exec(key) ?? []
  return `from="${hubs.join(',')}",restrict,pty ${plain} ${name}`
}
