import type { Fault } from '../formats.ts'

/** What is wrong with a file that should hold one OpenSSH public key. */
export function publicKeyFault(text: string): Fault | undefined {
  if (/PRIVATE KEY/.test(text))
    return { what: 'is a private key', hint: 'name the .pub file beside it' }
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  if (lines.length !== 1) return { what: `holds ${lines.length} keys, not one` }
  const [, type = '', blob = ''] =
    /^(\S+) ([A-Za-z0-9+/]+={0,2})(?: [^\p{Cc}]*)?\r?$/u.exec(lines[0] ?? '') ?? []
  if (keyTypes.has(type) && innerType(blob) === type) return undefined
  return { what: 'is not an OpenSSH public key', hint: 'one line: "ssh-ed25519 AAAA… anna"' }
}

export function certificateFault(text: string): Fault | undefined {
  const isPem = /^-----BEGIN CERTIFICATE-----\r?$/m.test(text)
  return isPem ? undefined : { what: 'holds no PEM certificate' }
}

export function privateKeyFault(text: string): Fault | undefined {
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----\r?$/m.test(text))
    return { what: 'is encrypted, and nobody is there to unlock it' }
  const isPem = /^-----BEGIN (?:EC |RSA )?PRIVATE KEY-----\r?$/m.test(text)
  return isPem ? undefined : { what: 'holds no PEM private key' }
}

const keyTypes: ReadonlySet<string> = new Set([
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
])

/** A key begins with its own type once more, so a line that lost its beginning is found out. */
function innerType(blob: string): string {
  const bytes = Buffer.from(blob, 'base64')
  const length = bytes.length < 4 ? 0 : bytes.readUInt32BE(0)
  return bytes.toString('latin1', 4, 4 + length)
}
