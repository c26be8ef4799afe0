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

/**
 * Asks for the login together with the service that it is of, and does not wait for that one to be granted: a host
 * without it ends the connection in any case. That is a round trip less. Which hash an RSA key is to sign by is told in
 * between, so such a key waits.
 */
export function askTogether(
  { _protocol: protocol }: Client,
  { type }: Pick<ParsedKey, 'type'>,
): void {
  if (type === 'ssh-rsa') return
  const { service, _handlers: handlers } = protocol
  const { SERVICE_ACCEPT: granted } = handlers
  handlers.SERVICE_ACCEPT = () => undefined
  protocol.service = (name) => {
    service.call(protocol, name)
    granted(protocol, name)
  }
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
