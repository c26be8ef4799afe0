import type { Client, ParsedKey, SignedBytes } from 'ssh2'

/**
 * Shows the key and signs with it at once. ssh2 asks first whether the key would do, which costs a round trip, and has
 * sshd look the key up twice. An agent is still asked to sign only for a host that takes the key.
 */
export function signAtOnce({ _protocol: protocol }: Client, key: ParsedKey): void {
  const { authPK } = protocol
  protocol.authPK = (user, shown, algorithm, sign = signerOf(key, algorithm)) =>
    authPK.call(protocol, user, shown, algorithm, sign)
}

/** RSA keys sign by several hashes; the others have their own. */
const hashes: Readonly<Record<string, string>> = {
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
}

function signerOf(key: ParsedKey, algorithm = ''): SignedBytes {
  return (bytes, done) => {
    const signature = key.sign(bytes, hashes[algorithm])
    if (signature instanceof Error) throw signature
    done(signature)
  }
}

/**
 * sshd tells all its host keys after a login, and ssh2 has it prove each of them by a signature. Nobody here wants to
 * know: host keys come from the inventory.
 */
export function passOverHostKeys({ _protocol: { _handlers: handlers } }: Client): void {
  const { GLOBAL_REQUEST: answer } = handlers
  handlers.GLOBAL_REQUEST = (protocol, name, wantsReply, data) => {
    if (name !== 'hostkeys-00@openssh.com' || wantsReply) answer(protocol, name, wantsReply, data)
  }
}
